/** Has this process kill itself (SIGKILL) at the given message that it sends, before it or after; 0 is never. */
import { Socket } from "node:net";

export function killAtWrite(last) {
  let writes = 0;
  const { write } = Socket.prototype;
  Socket.prototype.write = function (...message) {
    writes++;
    const isLast = writes === last;
    if (isLast && writes % 2 === 0) process.kill(process.pid, "SIGKILL");
    const sent = write.apply(this, message);
    if (isLast) process.kill(process.pid, "SIGKILL");
    return sent;
  };
}
