"""A webhook receiver of the tests: it keeps what it gets and answers as it is told."""

import hashlib
import hmac
import http.server
import json
import threading


class Receiver:
    """`status` is what it answers; `messages` what it got, in order, refused ones included."""

    def __init__(self, secret=""):
        self.status = 200
        self.secret = secret
        self.messages = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.messages.append(receiver.message(self.headers, body))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def message(self, headers, body):
        signed = headers["x-slowburn-timestamp"].encode() + b"." + body
        signature = "sha256=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        return {
            "id": headers["x-slowburn-id"],
            "accepted": self.status == 200,
            "signed": hmac.compare_digest(signature, headers["x-slowburn-signature"] or ""),
            "body": json.loads(body),
        }

    def delivered(self):
        return [message for message in self.messages if message["accepted"]]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
