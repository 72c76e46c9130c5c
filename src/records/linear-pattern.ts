import { RE2JS, RE2JSException } from 're2js';

/**
 * Compiles the `pattern` of a schema for RE2, whose time grows with the text and never faster: V8's own engine backtracks,
 * and a third party's text could block the process for hours. It stands in for `RegExp` in ajv. Throws an `Error` for what
 * RE2 does not have: look-around, references to groups, and more than 1000 repetitions.
 */
export function linearPattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (error) {
    throw new Error(`the pattern "${pattern}" cannot be matched in linear time (${reasonOf(error)})`, { cause: error });
  }
}

/** Ajv puts this into the source of validators that it prints; cronsync prints none. */
linearPattern.code = 'linearPattern';

function reasonOf(error: unknown): string {
  return error instanceof RE2JSException ? error.message.replace('error parsing regexp: ', '') : String(error);
}
