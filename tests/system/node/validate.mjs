// Has a description of an interface judged by a public validator. Usage: node validate.mjs openapi|asyncapi <DOCUMENT
// The document may be JSON or YAML. Prints one line for each fault; exit status 1 if there is any.
import { readFileSync } from 'node:fs';

// All JSON schemas inside a part of an OpenAPI document; its own validator takes any object for one.
function* schemasOf(part) {
  for (const [key, value] of Object.entries(part ?? {})) {
    if (key === 'schema') {
      yield value;
    } else if (key === 'schemas') {
      yield* Object.values(value);
    } else if (typeof value === 'object') {
      yield* schemasOf(value);
    }
  }
}

// Each takes the document's text and gives the faults found.
const validators = {
  async openapi(text) {
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const { default: Ajv2020 } = await import('ajv/dist/2020.js');
    const validator = new Validator();
    // A text of one line would be taken for the name of a file.
    const { valid, errors } = await validator.validate(`${text}\n`);
    if (!valid) {
      return [errors].flat().map((error) => JSON.stringify(error));
    }
    const ajv = new Ajv2020();
    return [...schemasOf(validator.specification)]
      .filter((schema) => !ajv.validateSchema(schema))
      .map((schema) => `no JSON schema: ${JSON.stringify(schema)}`);
  },
  async asyncapi(text) {
    const { Parser, DiagnosticSeverity } = await import('@asyncapi/parser');
    const { document, diagnostics } = await new Parser().parse(text);
    const faults = diagnostics
      .filter(({ severity }) => severity === DiagnosticSeverity.Error)
      .map(({ path, message }) => `${path.join('/')}: ${message}`);
    return document === undefined && faults.length === 0 ? ['not parsed'] : faults;
  },
};

const faults = await validators[process.argv[2]](readFileSync(0, 'utf8'));
faults.forEach((fault) => console.log(fault));
process.exitCode = faults.length === 0 ? 0 : 1;
