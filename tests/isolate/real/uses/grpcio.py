from concurrent import futures

import grpc


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/s/upper":
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request.upper())
        return None


def use(turn):
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = channel.unary_unary("/s/upper")(b"text %d" % turn, timeout=20)
        try:
            channel.unary_unary("/s/other")(b"", timeout=20)
            raise AssertionError("answered")
        except grpc.RpcError as error:
            said = error.code().name
    server.stop(None).wait()
    return answer, said
