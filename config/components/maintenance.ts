import { z } from 'zod';
import { size } from '../fields';

export const maintenance = { schema: z.strictObject(size) };
