/** A receiver that verifies signatures, as the console shows it. */
export interface Sample {
	value: string;
	label: string;
	/** How to get what it needs; nothing if it is empty. */
	install: string;
	code: string;
}

/** Samples for Standard Webhooks: with its library where there is one at hand, and written out. */
export const standard: Sample[] = [
	{
		value: "node",
		label: "Node.js",
		install: "npm install standardwebhooks",
		code: `import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  try {
    webhook.verify(body, request.headers);
  } catch {
    return response.writeHead(401).end("wrong signature");
  }
  const delivery = JSON.parse(body);
  console.log(delivery.type, delivery.id, delivery.data);
  response.writeHead(204).end();
}).listen(9099);
`,
	},
	{
		value: "python",
		label: "Python",
		install: "",
		code: `import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

key = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

def signed(headers, body):
    sent_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        return False
    mac = hmac.new(key, f"{sent_id}.{at}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(mac).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not signed(self.headers, body):
            self.send_response(401)
            self.end_headers()
            return
        delivery = json.loads(body)
        print(delivery["type"], delivery["id"], delivery["data"], flush=True)
        self.send_response(204)
        self.end_headers()

HTTPServer(("127.0.0.1", 9099), Receiver).serve_forever()
`,
	},
];

/** The same with nothing but HMAC, keyed by the project's webhook token. */
export const plain: Sample[] = [
	{
		value: "node",
		label: "Node.js",
		install: "",
		code: `import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

function signed(body, signature) {
  const expected = createHmac("sha256", process.env.WEBHOOK_TOKEN).update(body).digest();
  const given = Buffer.from(signature ?? "", "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!signed(body, request.headers["x-steward-signature"])) {
    return response.writeHead(401).end("wrong signature");
  }
  const delivery = JSON.parse(body);
  console.log(delivery.type, delivery.id, delivery.data);
  response.writeHead(204).end();
}).listen(9099);
`,
	},
	{
		value: "python",
		label: "Python",
		install: "",
		code: `import hashlib, hmac, json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

token = os.environ["WEBHOOK_TOKEN"].encode()

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = hmac.new(token, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, self.headers.get("X-Steward-Signature", "")):
            self.send_response(401)
            self.end_headers()
            return
        delivery = json.loads(body)
        print(delivery["type"], delivery["id"], delivery["data"], flush=True)
        self.send_response(204)
        self.end_headers()

HTTPServer(("127.0.0.1", 9099), Receiver).serve_forever()
`,
	},
];
