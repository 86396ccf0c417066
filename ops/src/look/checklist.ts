import type { Finding, State } from '../checks/check';
import type { Subject } from '../checks/subject';
import type { Progress } from '../cli/progress';
import { findingsOf } from './findings-of';

/** A point of the manual's checklist after a fault (故障恢复检查清单, 5.5): checks, or a question for a person. */
interface Point {
  readonly manual: string;
  readonly text: string;
  readonly ids: readonly string[];
  readonly question?: string;
}

export const points: readonly Point[] = [
  { manual: '服务进程正常运行', text: 'the processes run', ids: ['RUN-001', 'RUN-003'] },
  { manual: '数据库连接正常', text: 'the database answers', ids: ['DATA-003', 'DATA-009'] },
  { manual: 'Redis缓存可用', text: 'the cache answers, and the queue', ids: ['DATA-007', 'DATA-005'] },
  { manual: 'API接口响应正常', text: 'the API answers', ids: ['RUN-002'] },
  { manual: '监控指标恢复正常', text: 'everything is scraped, and no alert fires', ids: ['RUN-004', 'RUN-005'] },
  { manual: '日志无错误信息', text: 'the logs have no errors', ids: ['RUN-006'] },
  {
    manual: '用户访问正常',
    text: 'users reach it',
    ids: [],
    question: 'Does somebody outside who could not use it before use it now, and is what is shown right?',
  },
];

/** How a point is; `asked` is for a person. */
export interface PointState {
  readonly number: number;
  readonly manual: string;
  readonly text: string;
  readonly state: State | 'asked';
  readonly question: string | undefined;
  readonly findings: readonly Finding[];
}

/** The worst first. */
const order: readonly State[] = ['fail', 'unknown', 'warn', 'ok', 'skipped'];

/** Goes through the checklist. */
export async function checklist(subject: Subject, progress: Progress): Promise<PointState[]> {
  const ids = points.flatMap((point) => point.ids);
  const findings = await findingsOf(subject, { isWanted: ({ id }) => ids.includes(id), progress });
  return points.map(({ manual, text, question, ids: of }, index) => {
    const found = findings.filter(({ id }) => of.includes(id));
    // What has no check here, as the embedded product has no Prometheus, is skipped.
    const worst = order.find((state) => found.some((each) => each.state === state)) ?? 'skipped';
    return { number: index + 1, manual, text, state: question ? 'asked' : worst, question, findings: found };
  });
}
