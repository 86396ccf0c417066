import { UsageError } from '../../../app/src/runtime/usage-error';

/** Names of objects of the whole cluster are made of it, and may have 52 characters. */
const form = /^[a-z]([a-z0-9-]{0,16}[a-z0-9])?$/;

/** Never names of previews, whatever a checkout describes. */
const ours = ['local', 'dev', 'staging', 'production', 'embedded'];

/**
 * Has a preview be called so that it can be no other environment.
 *
 * @param environments those of the checkout
 * @throws UsageError that says what is allowed
 */
export function requirePreviewName(name: string, environments: readonly string[]): void {
  if (!form.test(name)) {
    throw new UsageError(
      `'${name}' cannot be the name of a preview; allowed: at most 18 lower-case letters, digits and "-", a letter first and no "-" last, such as pr-7`,
    );
  }
  const taken = [...new Set([...ours, ...environments])];
  if (!taken.includes(name)) return;
  throw new UsageError(`'${name}' is an environment and no preview; allowed: any other name than ${taken.join(', ')}`);
}
