// What the tests say: a line for each, what failed, and the sum as every other suite here gives it.

/** @param {AsyncIterable<any>} events */
export default async function* report(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    // A file is no test: only what stands in it.
    const isFile = data?.name?.endsWith('.js') ?? false;
    if (type === 'test:pass' && !isFile) {
      passed += 1;
      yield `ok ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    } else if (type === 'test:fail' && !isFile) {
      failed += 1;
      yield `FAILED ${data.name}\n${data.details.error.cause?.stack ?? data.details.error}\n`;
    } else if (type === 'test:fail') {
      failed += 1;
      yield `FAILED ${data.name}: ${data.details.error.cause ?? data.details.error}\n`;
    } else if (type === 'test:stderr') yield data.message;
  }
  yield `${passed} passed, ${failed} failed\n`;
}
