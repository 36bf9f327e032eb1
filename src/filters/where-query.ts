/** Queries as data: which are allowed, and what they say. The same on the page and in the worker. */
import {
  $all,
  $and,
  $elemMatch,
  $eq,
  $exists,
  $gt,
  $gte,
  $in,
  $lt,
  $lte,
  $mod,
  $ne,
  $nin,
  $nor,
  $not,
  $options,
  $or,
  $regex,
  $size,
  all,
  and,
  createFactory,
  eq,
  exists,
  FieldCondition,
  gt,
  gte,
  ITSELF,
  type JsInterpreter,
  lt,
  lte,
  mod,
  ne,
  nin,
  nor,
  not,
  or,
  regex,
  size,
  within,
} from '@ucast/mongo2js';
import type { Metadata } from '../events.js';
import { isOperators } from './where-check.js';

/** What the worker is asked with. */
export interface WhereParameters {
  readonly query: object;
}

/** The library's own takes `$and` and its like for operators of a field. */
const $elemMatchAny: typeof $elemMatch = {
  ...$elemMatch,
  parse: ({ name }, value, { field, parse }) =>
    new FieldCondition(name, field, isOperators(value) ? parse(value, { field: ITSELF }) : parse(value)),
};

const instructions = {
  $all,
  $and,
  $elemMatch: $elemMatchAny,
  $eq,
  $exists,
  $gt,
  $gte,
  $in,
  $lt,
  $lte,
  $mod,
  $ne,
  $nin,
  $nor,
  $not,
  $options,
  $or,
  $regex,
  $size,
};

type Interpreted = Parameters<typeof all>;
/** The library's own fails on elements that have no fields. */
const elemMatch: JsInterpreter<Interpreted[0]> = (condition, object, { get, isArray, interpret }) => {
  const items = get(object, condition.field);
  const matches = (item: unknown) => {
    try {
      return interpret(condition.value as never, item as never);
    } catch {
      return false;
    }
  };
  return isArray(items) && items.some(matches);
};

const interpreters = { all, and, elemMatch, eq, exists, gt, gte, in: within, lt, lte, mod, ne, nin, nor, not, or, regex, size };

const build = createFactory(instructions, interpreters as never, { compare, get: own });

/** Throws `TypeError` or `SyntaxError` for what is no query. */
export function compile(query: object): (metadata: Metadata) => boolean {
  return build(query as never) as (metadata: Metadata) => boolean;
}

const compiled = new WeakMap<WhereParameters, (metadata: Metadata) => boolean>();

/** What the worker serves. */
export const whereFilters = {
  where: (metadata: Metadata, parameters: WhereParameters): boolean => {
    const matches = compiled.get(parameters) ?? compile(parameters.query);
    compiled.set(parameters, matches);
    return matches(metadata);
  },
};

/** As MongoDB has it: values of different kinds are neither equal nor more nor less. */
function compare(a: unknown, b: unknown): -1 | 0 | 1 {
  const [x, y] = [orderable(a), orderable(b)];
  if (x === null && y === null) return 0;
  if (typeof x !== typeof y || typeof x === 'object' || x === undefined) return UNORDERED;
  return x === y ? 0 : (x as number) < (y as number) ? -1 : (x as number) > (y as number) ? 1 : UNORDERED;
}

/** The library asks only whether it is -1, 0 or 1. */
const UNORDERED = Number.NaN as -1;

function orderable(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

/** Nothing inherited; and no regular expression of the metadata's, for a sender could choose one that never ends. */
function own(object: Record<string, unknown> | null | undefined, field: string): unknown {
  if (!object || !Object.hasOwn(object, field)) return undefined;
  const value = object[field];
  if (Array.isArray(value)) return value.some(isRegExp) ? value.filter((item) => !isRegExp(item)) : value;
  return isRegExp(value) ? undefined : value;
}

function isRegExp(value: unknown): boolean {
  return value instanceof RegExp;
}
