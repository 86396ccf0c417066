/** Does two things at once; when one fails the other is stopped and waited for. */
export async function together<A, B>(
  signal: AbortSignal | undefined,
  begin: (stop: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const stopping = new AbortController();
  const stop = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
  const works = begin(stop);
  let first: unknown;
  for (const work of works) {
    work.catch((error) => {
      first ??= error;
      stopping.abort(error);
    });
  }
  const [a, b] = await Promise.allSettled(works);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  throw first;
}
