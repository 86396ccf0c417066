import type { FastifyError, FastifyRequest, FastifyServerOptions } from 'fastify';
import { fromCompactDay, isDay } from '../market/trading-day';
import { Problem } from './problem';

const longestShown = 100;

/** The keyword of a schema that brings a day, in either form, into that of the database. */
export const dayKeyword = 'x-day';

/** How requests are checked against the schemas of routes. */
export const ajvOptions: FastifyServerOptions['ajv'] = {
  customOptions: {
    // Unknown parameters are refused rather than dropped: a misspelt filter must not look as if it had worked.
    removeAdditional: false,
    coerceTypes: 'array',
    allErrors: true,
    // Where numbers are strict, the limits of a parameter are not asked of Infinity.
    strictNumbers: false,
    // Errors then have the value, to be named to the client.
    verbose: true,
    keywords: [
      {
        keyword: dayKeyword,
        type: 'string',
        modifying: true,
        schema: false,
        validate: (
          text: string,
          { parentData, parentDataProperty }: { parentData: Holder; parentDataProperty: string },
        ) => {
          parentData[parentDataProperty] = fromCompactDay(text);
          return true;
        },
      },
    ],
  },
  // The formats of the compiler would take a day of the year 0, and refuse 20240102.
  onCreate: (ajv) => ajv.addFormat('date', (text: string) => isDay(fromCompactDay(text))),
};

/** The object that a value stands in. */
type Holder = Record<string, unknown>;

/** What a schema finds wrong with a value. */
interface Defect {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
  message?: string;
  data?: unknown;
}

function shown(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

const placeOf = ({ instancePath, params }: Defect): string[] =>
  [...instancePath.split('/').slice(1), params.missingProperty, params.additionalProperty].filter(
    (part): part is string => part !== undefined,
  );

/** What is wrong, with the value and what is allowed. */
function sentenceOf(defect: Defect): string {
  const { keyword, params, message, data } = defect;
  const place = shown(placeOf(defect).join('.')) || 'the body';
  if (keyword === 'required') return `${place} is missing`;
  if (keyword === 'additionalProperties') return `there is no '${place}' here`;
  const given = `${place} '${shown(data)}'`;
  if (keyword === 'enum') return `${given} is not allowed; allowed: ${(params.allowedValues as unknown[]).join(', ')}`;
  if (params.format === 'date') return `${given} is not a day; write it as 2024-01-02 or 20240102`;
  return `${given} ${message}`;
}

/** What a request that does not fit the schemas of its route is answered. */
export function validationProblem({ validation = [], validationContext }: FastifyError): Problem {
  const defects = validation as unknown as Defect[];
  const errors = defects.map((defect) => ({
    field: [validationContext, ...placeOf(defect)].join('.'),
    message: sentenceOf(defect),
  }));
  return new Problem(400, 'invalid_request', errors.map(({ message }) => message).join('; '), { errors });
}

function* textsIn(value: unknown, place: string): Generator<{ place: string; text: string }> {
  if (typeof value === 'string') yield { place, text: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    yield { place, text: name };
    yield* textsIn(part, place ? `${place}.${name}` : name);
  }
}

/** @throws Problem `invalid_request` where the request has the character NUL, which no text in the database can have */
export function refuseNul({ params, query, body }: FastifyRequest): void {
  for (const { place, text } of textsIn([params, query, body], '')) {
    if (!text.includes('\u0000')) continue;
    const name = place.split('.').slice(1).join('.').replaceAll('\u0000', '');
    throw new Problem(400, 'invalid_request', `${name || 'a name'} has the character NUL (%00), which no text has`);
  }
}
