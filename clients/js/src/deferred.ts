/* deferred.ts - a promise that is settled from outside. */

export interface Deferred<Value> {
  promise: Promise<Value>;
  isSettled: boolean;
  resolve(value: Value): void;
  reject(error: Error): void;
}

/** That it is rejected is no fault if nobody waits for it. */
export function deferred<Value>(): Deferred<Value> {
  const made = { isSettled: false } as Deferred<Value>;
  made.promise = new Promise((resolve, reject) => {
    made.resolve = (value) => {
      made.isSettled = true;
      resolve(value);
    };
    made.reject = (error) => {
      made.isSettled = true;
      reject(error);
    };
  });
  made.promise.catch(() => {});
  return made;
}
