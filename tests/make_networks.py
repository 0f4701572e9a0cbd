"""Small style networks as files: a 1 x 1 convolution that mixes colours."""

import struct

import numpy as np


def torch7(weights: np.ndarray, bias: np.ndarray) -> bytes:
    """A .t7 of ``nn.Sequential`` with one ``nn.SpatialConvolution``: weights [O, I, k, k]."""
    number = iter(range(1, 100))

    def text(value: str) -> bytes:
        return struct.pack("<i", len(value)) + value.encode()

    def string(value: str) -> bytes:
        return struct.pack("<i", 2) + text(value)

    def scalar(value: float) -> bytes:
        return struct.pack("<id", 1, value)

    def table(pairs: list[tuple[bytes, bytes]]) -> bytes:
        head = struct.pack("<iii", 3, next(number), len(pairs))
        return head + b"".join(key + value for key, value in pairs)

    def thing(name: str, content: bytes) -> bytes:
        return struct.pack("<ii", 4, next(number)) + text("V 1") + text(name) + content

    def tensor(values: np.ndarray) -> bytes:
        flat = np.ascontiguousarray(values, "<f4")
        steps = [int(np.prod(values.shape[axis + 1 :])) for axis in range(values.ndim)]
        storage = thing("torch.FloatStorage", struct.pack("<q", flat.size) + flat.tobytes())
        sizes = struct.pack(f"<i{values.ndim}q", values.ndim, *values.shape)
        return thing(
            "torch.FloatTensor",
            sizes + struct.pack(f"<{values.ndim}q", *steps) + struct.pack("<q", 1) + storage,
        )

    out, into, high, wide = weights.shape
    numbers = {
        **{"nInputPlane": into, "nOutputPlane": out, "kW": wide, "kH": high},
        **{"dW": 1, "dH": 1, "padW": wide // 2, "padH": high // 2},
    }
    fields = [(string(name), scalar(value)) for name, value in numbers.items()]
    fields += [(string("weight"), tensor(weights)), (string("bias"), tensor(bias))]
    layer = thing("nn.SpatialConvolution", table(fields))
    return thing("nn.Sequential", table([(string("modules"), table([(scalar(1), layer)]))]))


def onnx(weights: np.ndarray, bias: np.ndarray, side: int | str = "side") -> bytes:
    """The same as an ONNX model (protobuf written by hand)."""

    def varint(value: int) -> bytes:
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    def whole(field: int, value: int) -> bytes:
        return varint(field << 3) + varint(value)

    def block(field: int, content: bytes) -> bytes:
        return varint(field << 3 | 2) + varint(len(content)) + content

    def initial(name: str, values: np.ndarray) -> bytes:
        dims = b"".join(whole(1, size) for size in values.shape)
        raw = np.ascontiguousarray(values, "<f4").tobytes()
        return block(5, dims + whole(2, 1) + block(8, name.encode()) + block(9, raw))

    def value(field: int, name: str, channels: int) -> bytes:
        sizes = (1, channels, side, side)
        dims = b"".join(
            block(1, whole(1, size) if isinstance(size, int) else block(2, size.encode()))
            for size in sizes
        )
        kind = block(2, block(1, whole(1, 1) + block(2, dims)))
        return block(field, block(1, name.encode()) + kind)

    def ints(name: str, values: tuple[int, ...]) -> bytes:
        listed = b"".join(whole(8, value) for value in values)
        return block(5, block(1, name.encode()) + listed + whole(20, 7))

    out, into, high, wide = weights.shape
    names = b"".join(block(1, name) for name in (b"in", b"w", b"b")) + block(2, b"out")
    node = names + block(4, b"Conv") + ints("kernel_shape", (high, wide))
    graph = block(1, node) + block(2, b"g") + initial("w", weights) + initial("b", bias)
    graph += value(11, "in", into) + value(12, "out", out)
    return whole(1, 7) + block(7, graph) + block(8, block(1, b"") + whole(2, 11))
