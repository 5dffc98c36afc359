// Questions that come faster than their answers.

/**
 * What is asked while an earlier answer is awaited waits, and is forgotten when something newer comes. An error is told to
 * whoever asked first, but not when something newer waits, which may go well.
 * @param {() => Promise<void>} ask
 */
export function latest(ask) {
  let [busy, again] = [false, false];
  return async function start() {
    again = true;
    if (busy) return;
    busy = true;
    try {
      while (again) {
        again = false;
        await ask().catch((error) => {
          if (!again) throw error;
        });
      }
    } finally {
      busy = false;
    }
  };
}
