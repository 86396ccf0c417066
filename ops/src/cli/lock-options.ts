import type { Command } from 'commander';
import { parseToldText } from './told-text';

/** What is said to those who want to work on the environment meanwhile. */
export interface LockOptions {
  message?: string;
  breakLock?: string;
}

/** Adds the options of a command that works on an environment under its lock. */
export const withLockOptions = (command: Command): Command =>
  command
    .option('--message <text>', 'what all others are told', parseToldText)
    .option('--break-lock <id>', 'take the lock of somebody who is dead');
