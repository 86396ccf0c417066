#!/usr/bin/env node
import { stockops } from './program';

stockops();
