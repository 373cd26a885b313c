"""Speaks first on 9000 and 9001, the latter in no Service, and answers HTTP on 8080; tells of whoever reaches it."""
import asyncio


def greets(port):
    async def serve(reader, writer):
        print(f"reached {port}", flush=True)
        writer.write(b"who is there?\n")
        await reader.read(100)
        writer.close()

    return serve


async def answers(reader, writer):
    line = await reader.readline()
    print(f"reached 8080 {line.decode().strip()}", flush=True)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nserved")
    writer.close()


async def main():
    servers = [await asyncio.start_server(answers, "0.0.0.0", 8080)]
    servers += [await asyncio.start_server(greets(port), "0.0.0.0", port) for port in (9000, 9001)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
