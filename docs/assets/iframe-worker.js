// Pages that are opened from a folder, without a server, may start no worker. The search then runs in a frame that is not
// shown: a copy of what is sent to the worker becomes an event there, of what it sends an event here.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.onmessage = this.onerror = this.onmessageerror = null;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.documentElement.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => this.#tell(new MessageEvent("message", { data: structuredClone(data) }));
      const script = inside.document.createElement("script");
      script.src = new URL(url, document.baseURI);
      this.ready = new Promise((done) => (script.onload = done));
      script.onerror = () => this.#tell(new ErrorEvent("error", { message: `${script.src} cannot be read` }));
      inside.document.documentElement.append(script);
    }
    postMessage(data) {
      const inside = this.frame.contentWindow;
      const event = new inside.MessageEvent("message", { data: structuredClone(data) });
      this.ready.then(() => setTimeout(() => inside.dispatchEvent(event)));
    }
    terminate() {
      this.frame.remove();
    }
    // Later, as a worker would: whoever sends has finished then.
    #tell(event) {
      setTimeout(() => {
        this.dispatchEvent(event);
        this["on" + event.type]?.(event);
      });
    }
  };
