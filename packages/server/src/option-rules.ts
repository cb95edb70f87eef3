import { z } from 'zod';

export const HOUR = 3_600_000;

export const count = (max: number) => z.number().int().min(1).max(max);

/** A duration in milliseconds. */
export const ms = (min: number, max: number) => z.number().min(min).max(max);
