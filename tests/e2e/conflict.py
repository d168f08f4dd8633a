"""Two PREPARE votes that contradict each other, signed by BIP-340 with a key in hexadecimal: prints the
program that accuses its owner. Arguments: chain id, key, height."""
import hashlib, sys

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def tagged(tag, data):
    t = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(t + t + data).digest()


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and a[1] != b[1]:
        return None
    slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def mul(point, k):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point, k = add(point, point), k >> 1
    return out


def sign(key, message):
    point = mul(G, key)
    d = key if point[1] % 2 == 0 else N - key
    x = point[0].to_bytes(32, "big")
    k = int.from_bytes(tagged("souk/test-nonce", d.to_bytes(32, "big") + x + message), "big") % N
    r = mul(G, k)
    k = k if r[1] % 2 == 0 else N - k
    rx = r[0].to_bytes(32, "big")
    e = int.from_bytes(tagged("BIP0340/challenge", rx + x + message), "big") % N
    return rx + ((k + e * d) % N).to_bytes(32, "big")


chain, key, height = bytes.fromhex(sys.argv[1]), int(sys.argv[2], 16), int(sys.argv[3])
digests = [bytes([n]) * 32 for n in (1, 2)]
votes = [tagged("souk/vote/v1", chain + b"\x01" + height.to_bytes(8, "little") + bytes(4) + d) for d in digests]
first, second = (sign(key, vote).hex() for vote in votes)
owner = mul(G, key)[0].to_bytes(32, "big").hex()
print(f"EVIDENCE validator={owner} conflict={{type=1,height={height},round=0,first={digests[0].hex()},"
      f"first_signature={first},second={digests[1].hex()},second_signature={second}}}")
print("STOP")
