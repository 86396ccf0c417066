/** Numbers from 0 to 1, the same for the same seed: Lehmer's generator, as C++'s minstd_rand. */
export function randomNumbers(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return state / modulus;
  };
}
