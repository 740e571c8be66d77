"""The library's three transports behind one face: calls that return when they are answered."""

import asyncio

import grpc
from google.api_core import client_options
from google.auth import credentials
from google.cloud import gke_multicloud_v1 as gke
from google.cloud.gke_multicloud_v1.services.attached_clusters import transports

import emulator


class Static(credentials.Credentials):
    """A bearer that nobody renews."""

    def __init__(self, token):
        super().__init__()
        self.token = token

    def refresh(self, request):
        """There is no other."""


class Nobody(credentials.AnonymousCredentials):
    """No bearer, and no complaint when one is asked for."""

    def refresh(self, request):
        """There is none."""


def credentials_of(token):
    return Nobody() if token is None else Static(token)


class Grpc:
    """The transport `grpc` over TLS, which is where gRPC takes credentials."""

    name = "python-grpc"

    def __init__(self, token):
        with open(emulator.READY["ca_file"], "rb") as file:
            trusted = grpc.ssl_channel_credentials(file.read())
        transport = transports.AttachedClustersGrpcTransport(
            host=emulator.READY["https_url"].removeprefix("https://"),
            credentials=credentials_of(token),
            ssl_channel_credentials=trusted,
        )
        self.client = gke.AttachedClustersClient(transport=transport)

    def call(self, method, *arguments, **more):
        return getattr(self.client, method)(*arguments, **more)

    def done(self, operation, patience=20):
        return operation.result(timeout=patience)

    def pages(self, pager):
        return list(pager.pages)


class Rest(Grpc):
    """The transport `rest`."""

    name = "python-rest"

    def __init__(self, token):
        self.client = gke.AttachedClustersClient(
            transport="rest",
            credentials=credentials_of(token),
            client_options=client_options.ClientOptions(api_endpoint=emulator.URL),
        )


class Bearer(grpc.aio.UnaryUnaryClientInterceptor):
    """A bearer as metadata, for a plaintext channel takes no credentials."""

    def __init__(self, token):
        self.token = token

    async def intercept_unary_unary(self, proceed, details, request):
        details.metadata.add("authorization", f"Bearer {self.token}")
        return await proceed(details, request)


class Asyncio(Grpc):
    """The transport `grpc_asyncio`, over plaintext."""

    name = "python-asyncio"
    loop = asyncio.new_event_loop()

    def __init__(self, token):
        asyncio.set_event_loop(self.loop)
        self.client = self.loop.run_until_complete(self.open(token))

    async def open(self, token):
        bearer = [] if token is None else [Bearer(token)]
        channel = grpc.aio.insecure_channel(emulator.HOST, interceptors=bearer)
        transport = transports.AttachedClustersGrpcAsyncIOTransport(channel=channel)
        return gke.AttachedClustersAsyncClient(transport=transport)

    def call(self, method, *arguments, **more):
        return self.loop.run_until_complete(super().call(method, *arguments, **more))

    def done(self, operation, patience=20):
        return self.loop.run_until_complete(operation.result(timeout=patience))

    def pages(self, pager):
        async def all_of_them():
            return [page async for page in pager.pages]

        return self.loop.run_until_complete(all_of_them())


ALL = [Grpc, Asyncio, Rest]
