"""Calls the guarded Service and every address that a pod of it may get, again and again; prints what it got, once a second."""
import asyncio
import json
import sys
import time

pause = float(sys.argv[1])
addresses = [f"10.244.0.{last}" for last in range(2, 250)]
tried = {"http": 0, "greets": 0, "undeclared": 0}
served = {"http": 0, "greets": 0, "undeclared": 0}


async def attempt(host, port, kind):
    tried[kind] += 1
    writer = None
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1)
        # A server that speaks first is heard without a word.
        if kind == "http":
            writer.write(b"GET / HTTP/1.1\r\nhost: guarded.demo:8080\r\nconnection: close\r\n\r\n")
        text = await asyncio.wait_for(reader.read(100), 1)
        if b" 200 " in text or text.startswith(b"who"):
            served[kind] += 1
    except (OSError, asyncio.TimeoutError):
        pass
    finally:
        if writer:
            writer.close()


async def keep(host):
    while True:
        await asyncio.gather(attempt(host, 8080, "http"), attempt(host, 9000, "greets"))
        await asyncio.sleep(pause)


async def sweep():
    while True:
        for address in addresses:
            for port, kind in ((8080, "http"), (9000, "greets"), (9001, "undeclared")):
                asyncio.ensure_future(attempt(address, port, kind))
            await asyncio.sleep(pause / 2)


async def tell():
    while True:
        print(json.dumps({"at": time.time(), "tried": tried, "served": served}), flush=True)
        await asyncio.sleep(0.5)


async def main():
    await asyncio.gather(tell(), sweep(), *(keep("guarded.demo") for _ in range(3)))


asyncio.run(main())
