#!/usr/bin/env python3
"""Slow reference of the aggregation, from the text of its specification and nothing else.

Computes every line of tests/vectors/aggregation_*.txt again from the inputs among them, with Python's
own integers, an AES and a secp256k1 written out here. Usage: aggregation.py [folder of vectors].
"""
import hashlib
import hmac
import os
import sys

P = 2**64 - 2**32 + 1


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def le(value, size):
    return value.to_bytes(size, "little")


# ---- F and K = F[X]/(X^2 - 7), elements of K as pairs (a, b)


def read_elements(data):
    assert len(data) % 8 == 0
    words = [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]
    assert all(word < P for word in words)
    return words


def write_elements(elements):
    return b"".join(le(e % P, 8) for e in elements)


def k_add(x, y):
    return ((x[0] + y[0]) % P, (x[1] + y[1]) % P)


def k_mul(x, y):
    return ((x[0] * y[0] + 7 * x[1] * y[1]) % P, (x[0] * y[1] + x[1] * y[0]) % P)


def k_scale(x, factor):
    return (x[0] * factor % P, x[1] * factor % P)


def E(data):
    return (int.from_bytes(data[:16], "little") % P, int.from_bytes(data[16:], "little") % P)


# ---- AES-128 (FIPS 197), XOF, PRG


def gf_mul(a, b):
    result = 0
    while b:
        if b & 1:
            result ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return result


def make_sbox():
    box = []
    for value in range(256):
        inverse = next((i for i in range(256) if gf_mul(value, i) == 1), 0)
        out = 0x63
        for shift in range(5):
            out ^= ((inverse << shift) | (inverse >> (8 - shift))) & 0xFF
        box.append(out)
    return box


SBOX = make_sbox()
DOUBLE = [gf_mul(i, 2) for i in range(256)]
SHIFT_ROWS = [(i + 4 * (i % 4)) % 16 for i in range(16)]


def aes_expand(key):
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = DOUBLE[constant]
        words.append([a ^ b for a, b in zip(word, words[i - 4])])
    return [sum(words[i : i + 4], []) for i in range(0, 44, 4)]


def aes_block(round_keys, block):
    state = [a ^ b for a, b in zip(block, round_keys[0])]
    for number in range(1, 11):
        state = [SBOX[state[i]] for i in SHIFT_ROWS]
        if number < 10:
            mixed = []
            for c in range(0, 16, 4):
                col = state[c : c + 4]
                total = col[0] ^ col[1] ^ col[2] ^ col[3]
                mixed += [col[i] ^ total ^ DOUBLE[col[i] ^ col[(i + 1) % 4]] for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, round_keys[number])]
    return bytes(state)


def xof(seed, dst, binder):
    """The stream as an iterator of 16-byte blocks."""
    tag = hmac.new(seed, le(len(dst), 1) + dst + binder, "sha256").digest()
    round_keys = aes_expand(tag[:16])
    counter = int.from_bytes(tag[16:], "big")
    while True:
        yield aes_block(round_keys, counter.to_bytes(16, "big"))
        counter = (counter + 1) % 2**128


def xof_field(seed, dst, binder, count):
    out = []
    for block in xof(seed, dst, binder):
        for half in (block[:8], block[8:]):
            word = int.from_bytes(half, "little")
            if word < P and len(out) < count:
                out.append(word)
        if len(out) == count:
            return out


def prg(key, dst, count, first_segment=0):
    out = []
    segment = first_segment
    while len(out) < count:
        out += xof_field(key, dst, le(segment, 4), min(16384, count - len(out)))
        segment += 1
    return out


def xof_points(seed, dst, count):
    words = xof_field(seed, dst, b"", 2 * count)
    return list(zip(words[::2], words[1::2]))


# ---- Merkle root of a blob


def merkle(blob):
    chunks = [blob[i : i + 4096] for i in range(0, len(blob), 4096)] or [b""]
    level = [H(b"\0", le(i, 8), chunk) for i, chunk in enumerate(chunks)]
    while len(level) > 1:
        pairs = [H(b"\1", *level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = pairs + (level[-1:] if len(level) % 2 else [])
    return H(b"\2", le(len(blob), 8), level[0])


# ---- secp256k1 (SEC 2) and BIP-340 verification

Q = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def ec_add(a, b):
    if a is None:
        return b
    if b is None:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % Q == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, Q)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, Q)
    x = (slope * slope - a[0] - b[0]) % Q
    return (x, (slope * (a[0] - x) - a[1]) % Q)


def ec_mul(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = ec_add(result, point)
        point = ec_add(point, point)
        scalar >>= 1
    return result


def compressed(point):
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def lift(x_only):
    x = int.from_bytes(x_only, "big")
    y = pow(x**3 + 7, (Q + 1) // 4, Q)
    assert y * y % Q == (x**3 + 7) % Q
    return (x, y if y % 2 == 0 else Q - y)


def schnorr_valid(key, message, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    tag = H(b"BIP0340/challenge")
    challenge = int.from_bytes(H(tag, tag, r, key, message), "big") % N
    point = ec_add(ec_mul(s, G), ec_mul(N - challenge, lift(key)))
    return point is not None and point[1] % 2 == 0 and point[0].to_bytes(32, "big") == r


# ---- Polynomials and multilinear forms


def lagrange(nodes, x):
    out = []
    for i in nodes:
        above = below = 1
        for k in nodes:
            if k != i:
                above = above * (x - k) % P
                below = below * (i - k) % P
        out.append(above * pow(below, -1, P) % P)
    return out


def eq(point, index):
    weight = (1, 0)
    m = len(point)
    for i, r in enumerate(point, 1):
        bit = index >> (m - i) & 1
        weight = k_mul(weight, r if bit else ((1 - r[0]) % P, -r[1] % P))
    return weight


def form(point, vector):
    total = (0, 0)
    for k, element in enumerate(vector):
        total = k_add(total, k_scale(eq(point, k), element))
    return total


def consistent(values, degree):
    """Do values at 1 .. S lie on one polynomial of this degree, and are they at least 2 t + 1?"""
    nodes = list(range(1, degree + 2))
    for j in range(degree + 2, len(values) + 1):
        if at(values, nodes, j) != values[j - 1]:
            return False
    return len(values) >= 2 * degree + 1


def at(values, nodes, x):
    total = (0, 0)
    for factor, j in zip(lagrange(nodes, x), nodes):
        total = k_add(total, k_scale(values[j - 1], factor))
    return total


# ---- The files


class Vectors:
    def __init__(self, path):
        self.path, self.lines, self.checked = path, {}, 0
        try:
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            sys.exit(f"{path}: {getattr(error, 'strerror', None) or 'not a text file'}")
        for number, line in enumerate(lines, 1):
            name, separator, value = line.partition(" = ")
            if not separator or name in self.lines:
                sys.exit(f"{path}: line {number} is not 'name = value' with a new name")
            self.lines[name] = value
        self.unused = set(self.lines)

    def value(self, name, convert):
        self.unused.discard(name)
        if name not in self.lines:
            sys.exit(f"{self.path}: there is no {name}")
        try:
            return convert(self.lines[name])
        except ValueError:
            sys.exit(f"{self.path}: {name} is not {'hexadecimal' if convert == bytes.fromhex else 'a number'}")

    def get(self, name):
        return self.value(name, bytes.fromhex)

    def number(self, name):
        return self.value(name, int)

    def check(self, name, computed):
        stored = self.get(name)
        if stored != computed:
            sys.exit(f"{self.path}: {name} is {stored.hex()}, expected {computed.hex()}")
        self.checked += 1

    def done(self):
        if self.unused:
            sys.exit(f"{self.path}: lines that nothing checks: {sorted(self.unused)[:5]}")
        print(f"{self.path}: {self.checked} values agree")


def check_file(path, check):
    vectors = Vectors(path)
    try:
        check(vectors)
    except (AssertionError, IndexError, ValueError) as error:
        told = isinstance(error, AssertionError) and str(error)
        sys.exit(f"{path}: {told or 'a value does not fit the others'}")
    vectors.done()


def check_field(v):
    for i in range(48):
        a, b = read_elements(v.get(f"a_b_sum_difference_product_inverse_{i}"))[:2]
        inverse = pow(a, -1, P) if a else 0
        v.check(f"a_b_sum_difference_product_inverse_{i}",
                write_elements([a, b, a + b, a - b, a * b, inverse]))
        words = read_elements(v.get(f"x_y_product_inverse_{i}"))
        x, y, inverse = tuple(words[:2]), tuple(words[2:4]), tuple(words[6:8])
        v.check(f"x_y_product_inverse_{i}", write_elements([*x, *y, *k_mul(x, y), *inverse]))
        assert k_mul(x, inverse) == ((1, 0) if any(x) else (0, 0)), f"inverse of x_{i}"
        v.check(f"E_{i}", write_elements(E(v.get(f"hash_{i}"))))


def check_prg(v):
    for i in range(2):
        elements = prg(v.get(f"key_{i}"), b"PVS1/x", 16384 + 8)
        v.check(f"first_{i}", write_elements(elements[:100]))
        v.check(f"border_{i}", write_elements(elements[-16:]))


def check_merkle(v):
    blob = bytes((k * k + k // 256) % 256 for k in range(28672))
    for name in list(v.lines):
        v.check(name, merkle(blob[: int(name.split("_")[1])]))


def check_commitment(v, i, secret_keys, points):
    """One owner: keys, shares, ciphertexts, roots. Returns its shares by server."""
    servers, degree = v.number("servers"), v.number("degree")
    ctx, owner, ephemeral = v.get("ctx"), v.get(f"owner_{i}"), v.get(f"EK_{i}")
    v.check(f"EK_{i}", ec_mul(int.from_bytes(v.get(f"ek_{i}"), "big"), G)[0].to_bytes(32, "big"))
    secret = read_elements(v.get(f"x_{i}"))
    roots, keystreams, shares = [], {}, {}
    for j in range(1, servers + 1):
        shared = compressed(ec_mul(secret_keys[j - 1], lift(ephemeral)))
        v.check(f"D_{i}_{j}", shared)
        key = H(b"PVS1/key", ctx, owner, le(j, 1), ephemeral, points[j - 1], shared)
        v.check(f"K_{i}_{j}", key)
        keystreams[j] = prg(key, b"PVS1/x", len(secret))
    for j in range(1, servers + 1):
        if j <= degree:
            shares[j] = keystreams[j]
        else:
            factors = lagrange(list(range(degree + 1)), j)
            inputs = [secret] + [keystreams[k] for k in range(1, degree + 1)]
            shares[j] = [sum(f * w for f, w in zip(factors, column)) % P for column in zip(*inputs)]
            blob = write_elements(s + k for s, k in zip(shares[j], keystreams[j]))
            v.check(f"C_{i}_{j}", blob)
            v.check(f"h_{i}_{j}", merkle(blob))
            roots.append(merkle(blob))
        v.check(f"share_{i}_{j}", write_elements(shares[j]))
    root = H(b"PVS1/root", ctx, owner, ephemeral, *roots)
    v.check(f"root_{i}", root)
    message = H(b"PVS1/pok", ctx, owner, ephemeral, root)
    v.check(f"pok_message_{i}", message)
    assert schnorr_valid(ephemeral, message, v.get(f"pok_{i}")), f"pok_{i}"
    return shares


def check_point(v, name, beacon, dst, dimension):
    count = max(1, (dimension - 1).bit_length())
    point = xof_points(beacon, dst, count)
    for i, r in enumerate(point, 1):
        v.check(f"{name}_{i}", write_elements(r))
    return point


def check_aggregate(v, shares):
    servers, degree, dimension = (v.number(n) for n in ("servers", "degree", "dimension"))
    owners = [v.get(f"owner_{i}") for i in range(1, v.number("owners") + 1)]
    v.check("set_hash", H(*sorted(owners)))
    vectors = [read_elements(v.get(f"x_{i}")) for i in range(1, len(owners) + 1)]
    total = [sum(column) % P for column in zip(*vectors)]
    v.check("A", write_elements(total))
    beacon = H(b"PVS1/beacon", b"\3", v.get("ctx"), v.get("block_hash_3"))
    v.check("beacon_3", beacon)
    sigma = check_point(v, "sigma", beacon, b"PVS1/sigma", dimension)
    values = []
    for j in range(1, servers + 1):
        share = [sum(column) % P for column in zip(*(s[j] for s in shares))]
        v.check(f"A_share_{j}", write_elements(share))
        values.append(form(sigma, share))
        v.check(f"W_{j}", write_elements(values[-1]))
    assert consistent(values, degree), "W"
    assert at(values, list(range(1, degree + 2)), 0) == form(sigma, total), "W at 0"
    v.check("W_0", write_elements(form(sigma, total)))


def check_round(v):
    v.check("ctx", H(b"PVS1/ctx", v.get("chain_id"), v.get("task"), le(v.number("round"), 4),
                     v.get("params_hash")))
    secret_keys, points = [], []
    for j in range(1, v.number("servers") + 1):
        secret_keys.append(int.from_bytes(v.get(f"sk_{j}"), "big"))
        points.append(compressed(ec_mul(secret_keys[-1], G)))
        v.check(f"PK_{j}", points[-1])
    shares = [check_commitment(v, i, secret_keys, points)
              for i in range(1, v.number("owners") + 1)]
    check_aggregate(v, shares)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "tests/vectors"
    # FIPS 197, appendix B: the AES above is right before anything is said about other code.
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    plain = bytes.fromhex("3243f6a8885a308d313198a2e0370734")
    assert aes_block(aes_expand(key), plain).hex() == "3925841d02dc09fbdc118597196a0b32"
    kinds = {"field": check_field, "prg": check_prg, "merkle": check_merkle,
             "round_4_1": check_round, "round_7_2": check_round}
    for name, check in kinds.items():
        check_file(os.path.join(folder, f"aggregation_{name}.txt"), check)


if __name__ == "__main__":
    main()
