import { z } from 'zod';
import { databasePool, size } from '../fields';

export const scheduler = { schema: z.strictObject({ databasePool, ...size }) };
