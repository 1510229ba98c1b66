// Loaded before a server that listens on every interface and has no option for less: it listens on loopback alone.
const { Server } = require("node:net");

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  if (typeof port !== "number") {
    return listen.call(this, { ...port, host: "127.0.0.1" }, ...rest);
  }
  return listen.call(this, { port, host: "127.0.0.1" }, ...rest.filter((given) => typeof given === "function"));
};
