/** Queries may come from anywhere: out of storage, a form, another tab. What is not on the list is refused before it is compiled. */

const MAX_DEPTH = 8;
/** Fields, operators and values together. */
const MAX_SIZE = 1000;
const MAX_TEXT = 64 * 2 ** 10;

export interface QueryRules {
  readonly allowRegex: boolean;
}

/** Throws `TypeError` that says where. */
export function checkQuery(query: unknown, rules: QueryRules): void {
  new QueryCheck(rules).query(query, 'the query', 1);
}

class QueryCheck {
  readonly #rules: QueryRules;
  #size = 0;
  #text = 0;
  readonly #operators: Readonly<Record<string, (value: unknown, at: string, depth: number) => void>> = {
    $eq: (value, at) => this.#scalar(value, at),
    $ne: (value, at) => this.#scalar(value, at),
    $gt: (value, at) => this.#bound(value, at),
    $gte: (value, at) => this.#bound(value, at),
    $lt: (value, at) => this.#bound(value, at),
    $lte: (value, at) => this.#bound(value, at),
    $in: (value, at) => this.#scalars(value, at),
    $nin: (value, at) => this.#scalars(value, at),
    $all: (value, at) => this.#scalars(value, at),
    $size: (value, at) => check(Number.isSafeInteger(value), at, 'a whole number'),
    $mod: (value, at) => {
      const [divisor, remainder] = (Array.isArray(value) && value.length === 2 ? value : []) as unknown[];
      check(isNumber(divisor) && divisor !== 0 && isNumber(remainder), at, '[divisor, remainder]');
    },
    $exists: (value, at) => check(typeof value === 'boolean', at, 'true or false'),
    $not: (value, at, depth) => (value instanceof RegExp ? this.#scalar(value, at) : this.#condition(value, at, depth)),
    $elemMatch: (value, at, depth) => (isOperators(value) ? this.#condition(value, at, depth) : this.query(value, at, depth)),
    $regex: (value, at) => {
      this.#regexAllowed(at);
      check(typeof value === 'string' || value instanceof RegExp, at, 'a regular expression');
      if (typeof value === 'string') this.#scalar(value, at);
    },
    $options: (value, at) => check(typeof value === 'string' && /^[imsu]*$/.test(value), at, 'flags among i, m, s and u'),
  };

  constructor(rules: QueryRules) {
    this.#rules = rules;
  }

  query(query: unknown, at: string, depth: number): void {
    check(isPlain(query), at, 'an object of fields and conditions');
    this.#deeper(at, depth);
    for (const [name, value] of Object.entries(query as object)) {
      const here = `${at}: ${name}`;
      this.#count(here);
      this.#write(name, here);
      if (name === '$and' || name === '$or' || name === '$nor') {
        check(Array.isArray(value) && value.length > 0, here, 'a list of queries');
        for (const part of value) this.query(part, here, depth + 1);
        continue;
      }
      check(!name.startsWith('$'), here, 'a field, $and, $or or $nor');
      // The library would take what objects inherit for operators.
      check(!(name in Object.prototype) && !name.split('.').includes('__proto__'), here, 'a field that data can have');
      if (isOperators(value)) this.#condition(value, here, depth + 1);
      else this.#scalar(value, here);
    }
  }

  #condition(condition: unknown, at: string, depth: number): void {
    check(isOperators(condition), at, 'operators: { $lt: 3 }');
    this.#deeper(at, depth);
    for (const [name, value] of Object.entries(condition as object)) {
      this.#count(at);
      const operator = Object.hasOwn(this.#operators, name) ? this.#operators[name] : undefined;
      if (!operator) throw new TypeError(`${at}: ${name} is not among the operators ${Object.keys(this.#operators).join(', ')}`);
      operator(value, `${at}: ${name}`, depth + 1);
    }
    if ('$options' in (condition as object)) check('$regex' in (condition as object), at, '$regex beside its $options');
  }

  #scalars(value: unknown, at: string): void {
    check(Array.isArray(value), at, 'a list');
    for (const item of value as unknown[]) this.#scalar(item, at);
  }

  #bound(value: unknown, at: string): void {
    check(typeof value === 'string' || isNumber(value) || value instanceof Date, at, 'a number, a string or a date');
    this.#scalar(value, at);
  }

  /** Lists and objects are refused as values: they would equal nothing but themselves. */
  #scalar(value: unknown, at: string): void {
    this.#count(at);
    if (value instanceof RegExp) this.#regexAllowed(at);
    else
      check(
        value === null || value instanceof Date || ['string', 'number', 'boolean', 'bigint'].includes(typeof value),
        at,
        'a single value',
      );
    if (typeof value === 'string') this.#write(value, at);
  }

  #regexAllowed(at: string): void {
    if (!this.#rules.allowRegex)
      throw new TypeError(
        `${at}: regular expressions can take for ever; say { allowRegex: true } where you trust the query, best with { worker: true }`,
      );
  }

  #deeper(at: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new TypeError(`${at}: a query may be nested ${MAX_DEPTH} levels deep`);
  }

  #count(at: string): void {
    if (++this.#size > MAX_SIZE) throw new TypeError(`${at}: a query may have ${MAX_SIZE} fields, operators and values`);
  }

  #write(text: string, at: string): void {
    this.#text += text.length;
    if (this.#text > MAX_TEXT) throw new TypeError(`${at}: a query may have ${MAX_TEXT} characters of text`);
  }
}

function check(right: boolean, at: string, wanted: string): asserts right {
  if (!right) throw new TypeError(`${at.slice(0, 200)} should be ${wanted}`);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** An object with a `$` is meant as operators, right or wrong. */
export function isOperators(value: unknown): boolean {
  return isPlain(value) && Object.keys(value as object).some((name) => name.startsWith('$') && !/^\$(and|or|nor)$/.test(name));
}
