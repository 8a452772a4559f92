// npm passes SIGTERM to the shell between it and us, which dies of it without telling us, as it does when npm is killed.
// Then this process has another parent, and nobody is left who could stop it.
export function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}
