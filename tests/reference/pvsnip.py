#!/usr/bin/env python3
"""Slow reference of the norm proof and the decisions after it, from the text of its specification and
nothing else.

Computes every line of tests/vectors/pvsnip_*.txt again from the inputs among them: as owner, as server, as
validator, as judge of a dispute. Usage: pvsnip.py [folder of vectors].
"""
import os
import sys
from itertools import combinations

from aggregation import (E, G, H, N, P, Q, at, check_file, compressed, ec_add, ec_mul, eq, form, k_add, k_mul,
                         k_scale, lagrange, le, lift, merkle, read_elements, schnorr_valid,
                         write_elements, xof, xof_field, xof_points)

ZERO, ONE = (0, 0), (1, 0)
ACCEPTED, TOO_FEW, INCONSISTENT, FALSE = 0, 1, 2, 3


def k_sub(x, y):
    return k_add(x, k_scale(y, P - 1))


def k_sum(values):
    total = ZERO
    for value in values:
        total = k_add(total, value)
    return total


def read_exts(data):
    words = read_elements(data)
    return list(zip(words[::2], words[1::2]))


def write_exts(values):
    return b"".join(write_elements(value) for value in values)


def centred(element):
    return element if element <= P // 2 else element - P


# ---- Section 2: the layout


class Layout:
    def __init__(self, v):
        self.d, self.B, self.S, self.t, self.r, self.k, self.test, self.kc, self.s, self.kw, self.kappa, self.T0 = (
            v.number(n) for n in ("dimension", "bound", "servers", "degree", "rows", "sketch_rows",
                                  "reference_test", "kc", "s", "kw", "kappa", "T0"))
        least = (87 * self.B + 9) // 10 + 1
        self.wr = 1 << (least - 1).bit_length()
        self.WB = self.wr.bit_length()
        self.NB = (self.B**2).bit_length()
        self.nY = 2 * self.NB + self.r * self.WB + self.kc + self.kw
        self.nZ = self.nY + (self.test == 2)
        self.m = (self.d + self.nZ - 1).bit_length()
        self.L = (self.nZ - 1).bit_length()
        self.nG = 5 + 2 * (self.m - 1)
        self.sketch = self.nY
        self.masks = self.nY + self.k - self.r
        self.R0 = self.masks + 2 * self.nG
        self.nA = self.R0 + 2
        self.row = lambda w: 2 * self.NB + w * self.WB
        self.C = 2 * self.NB + self.r * self.WB
        self.W = self.C + self.kc


# ---- Section 3: P


def matrix(beacon, d, k):
    """Rows of entries -1, 0, 1."""
    rows = [[0] * d for _ in range(k)]
    for group in range((d + 4095) // 4096):
        blocks = min(256, (d - 4096 * group + 15) // 16)
        stream = b""
        for part in xof(beacon, b"PVS1/P", le(group, 4)):
            if len(stream) >= blocks * k * 4:
                break
            stream += part
        for block in range(blocks):
            for w in range(k):
                offset = (block * k + w) * 4
                plus, minus = (int.from_bytes(stream[offset + i : offset + i + 2], "little") for i in (0, 2))
                for i in range(16):
                    column = 4096 * group + 16 * block + i
                    if column < d:
                        rows[w][column] = (plus >> i & 1) - (minus >> i & 1)
    return rows


def combination(rows, weights, d):
    return [k_sum(k_scale(weight, row[k] % P) for weight, row in zip(weights, rows) if row[k]) for k in range(d)]


# ---- Section 3: the transcript


class Transcript:
    def __init__(self):
        self.h, self.counter = bytes(32), 0

    def absorb(self, label, data):
        self.h = H(self.h, le(len(label), 1), label, le(len(data), 8), data)
        self.counter = 0

    def challenge(self):
        self.counter += 1
        return E(H(self.h, b"C", le(self.counter - 1, 4)))


def weights_of(layout, chi):
    """c_k = chi_0 prod chi_{b+1}."""
    out = []
    for k in range(layout.nZ):
        c = chi[0]
        for b in range(layout.L):
            if k >> b & 1:
                c = k_mul(c, chi[b + 1])
        out.append(c)
    return out


# ---- 5.2: the owner


def bits_of(value, count):
    return [value >> b & 1 for b in range(count)]


def honest_bits(layout, x, rows, g0):
    """Y and the sketch elements of a vector within the bound."""
    vector = [centred(e) for e in x]
    norm = sum(e * e for e in vector)
    y = [sum(p * e for p, e in zip(row, vector)) for row in rows]
    assert norm <= layout.B**2 and all(-layout.wr < v <= layout.wr for v in y[: layout.r])
    out = bits_of(norm, layout.NB) + bits_of(layout.B**2 - norm, layout.NB)
    for value in y[: layout.r]:
        out += bits_of(value + layout.wr - 1, layout.WB)
    if layout.test:
        c = sum(a * b for a, b in zip(g0, vector)) - centred(layout.T0)
        assert 0 <= c < 2**layout.kc
        out += bits_of(c, layout.kc)
        if layout.test == 2:
            rest = (c >> layout.s) ** 2 - layout.kappa * norm
            assert 0 <= rest < 2**layout.kw
            out += bits_of(rest, layout.kw)
    return out + [value % P for value in y[layout.r :]]


def number(bits):
    return sum(bit << b for b, bit in enumerate(bits)) % P


class Prover:
    """The masked sumcheck, each sum taken over the whole cube."""

    def __init__(self, layout, x, aux):
        self.layout, self.x, self.aux = layout, x, aux
        words = aux[layout.masks :]
        pairs = list(zip(words[::2], words[1::2]))
        self.g, self.R0 = pairs[: layout.nG], pairs[layout.nG]

    def mask(self, variable, point):
        """g_i(X_i), without a constant term."""
        first, degree = (1, 4) if variable == 1 else (5 + 2 * (variable - 2), 2)
        power, total = ONE, ZERO
        for i in range(degree):
            power = k_mul(power, point)
            total = k_add(total, k_mul(self.g[first + i], power))
        return total

    def prove(self, transcript, chi):
        layout, aux = self.layout, self.aux
        c = weights_of(layout, chi)
        norm = number(aux[: layout.NB])
        z = [(e, 0) for e in self.x] + [k_scale(c[k], aux[k]) for k in range(layout.nY)]
        sums = [(norm, 0)] + [k_scale(k_mul(c[k], c[k]), aux[k]) for k in range(layout.nY)]
        if layout.test == 2:
            last = c[layout.nY]
            rest = number(aux[layout.W : layout.W + layout.kw])
            z.append(k_scale(last, number(aux[layout.C + layout.s : layout.C + layout.kc])))
            sums.append(k_scale(k_mul(last, last), (layout.kappa * norm + rest) % P))
        z += [ZERO] * (2**layout.m - len(z))
        at_1 = [self.mask(i, ONE) for i in range(1, layout.m + 1)]
        total = k_add(k_scale(self.g[0], 2**layout.m), k_scale(k_sum(at_1), 2 ** (layout.m - 1)))
        messages = [k_add(k_sum(sums), total)]
        transcript.absorb(b"H", write_elements(messages[0]))
        prefix = self.g[0]
        for i in range(1, layout.m + 1):
            nodes = (0, 2, 3, 4) if i == 1 else (0, 2)
            half = len(z) // 2
            rest = k_sum(at_1[i:])
            sent = []
            for node in nodes:
                value = k_scale(k_add(prefix, self.mask(i, (node, 0))), half)
                value = k_add(value, k_scale(rest, half * pow(2, -1, P) % P))
                for k in range(half):
                    entry = self.fold(z[k], z[half + k], (node, 0), i)
                    value = k_add(value, k_mul(entry, entry))
                sent.append(value)
            transcript.absorb(b"r1" if i == 1 else b"rr", write_exts(sent))
            messages += sent
            rho = transcript.challenge()
            prefix = k_add(prefix, self.mask(i, rho))
            z = [self.fold(z[k], z[half + k], rho, i) for k in range(half)]
        return messages + z

    def fold(self, low, high, point, variable):
        out = k_add(low, k_mul(point, k_sub(high, low)))
        if variable == 1:
            out = k_add(out, k_mul(k_mul(point, k_sub(ONE, point)), self.R0))
        return out


# ---- 5.3: replay


def through(values, x):
    """The value at x of the polynomial through values[i] at i."""
    total = ZERO
    for i, value in enumerate(values):
        below = 1
        for k in range(len(values)):
            if k != i:
                value = k_mul(value, k_sub(x, (k, 0)))
                below = below * (i - k) % P
        total = k_add(total, k_scale(value, pow(below, -1, P)))
    return total


def start(layout, prefix):
    transcript = Transcript()
    transcript.absorb(b"PVS1/prove", prefix)
    return transcript, [transcript.challenge() for _ in range(layout.L + 1)]


def replay(layout, prefix, messages):
    transcript, chi = start(layout, prefix)
    claim, rho = messages[0], []
    transcript.absorb(b"H", write_elements(claim))
    position = 1
    for i in range(1, layout.m + 1):
        sent = messages[position : position + (4 if i == 1 else 2)]
        position += len(sent)
        transcript.absorb(b"r1" if i == 1 else b"rr", write_exts(sent))
        rho.append(transcript.challenge())
        claim = through([sent[0], k_sub(claim, sent[0])] + sent[1:], rho[-1])
    return chi, rho, claim


# ---- 5.4: the server's coefficients, and c0


def coefficients(layout, theta, chi, rho, q):
    minus = lambda value: k_sub(ZERO, value)
    c = weights_of(layout, chi)
    x = [k_sub(q[k], k_mul(theta[0], eq(rho, k))) for k in range(layout.d)]
    aux = [ZERO] * layout.nA
    for k in range(layout.nY):
        value = k_mul(theta[0], k_mul(eq(rho, layout.d + k), c[k]))
        aux[k] = minus(k_add(value, k_mul(theta[1], k_mul(c[k], c[k]))))

    def more(index, value):
        aux[index] = k_add(aux[index], value)

    for b in range(layout.NB):
        more(b, k_scale(k_sub(theta[3], theta[1]), 2**b))
        more(layout.NB + b, k_scale(theta[3], 2**b))
    for w in range(layout.r):
        for b in range(layout.WB):
            more(layout.row(w) + b, minus(k_scale(theta[4 + w], 2**b)))
    for b in range(layout.kc if layout.test else 0):
        more(layout.C + b, minus(k_scale(theta[4 + layout.k], 2**b)))
    if layout.test == 2:
        last = c[layout.nY]
        square = k_mul(theta[1], k_mul(last, last))
        high = k_mul(theta[0], k_mul(eq(rho, layout.d + layout.nY), last))
        for b in range(layout.s, layout.kc):
            more(layout.C + b, minus(k_scale(high, 2 ** (b - layout.s))))
        for b in range(layout.kw):
            more(layout.W + b, minus(k_scale(square, 2**b)))
        for b in range(layout.NB):
            more(b, minus(k_scale(square, layout.kappa * 2**b % P)))
    for w in range(layout.r, layout.k):
        more(layout.sketch + w - layout.r, minus(theta[4 + w]))
    monomials = [ONE]
    for _ in range(4):
        monomials.append(k_mul(monomials[-1], rho[0]))
    for point in rho[1:]:
        monomials += [point, k_mul(point, point)]
    for i, monomial in enumerate(monomials):
        total = 2**layout.m if i == 0 else 2 ** (layout.m - 1)
        value = minus(k_add(k_scale(theta[1], total), k_mul(theta[2], monomial)))
        more(layout.masks + 2 * i, value)
        more(layout.masks + 2 * i + 1, k_mul(value, (0, 1)))
    value = minus(k_mul(theta[0], k_mul(rho[0], k_sub(ONE, rho[0]))))
    more(layout.R0, value)
    more(layout.R0 + 1, k_mul(value, (0, 1)))
    return x + aux


def constant(layout, theta, messages, claim):
    h, value = messages[0], messages[-1]
    total = k_add(k_mul(theta[0], value), k_mul(theta[1], h))
    total = k_add(total, k_mul(theta[2], k_sub(claim, k_mul(value, value))))
    total = k_sub(total, k_scale(theta[3], layout.B**2))
    total = k_add(total, k_scale(k_sum(theta[4 : 4 + layout.r]), layout.wr - 1))
    return k_sub(total, k_scale(theta[4 + layout.k], layout.T0))


def applied(form_, share):
    return k_sum(k_scale(weight, element) for weight, element in zip(form_, share))


# ---- 5.5: decide


def decide(layout, values, c0):
    """`values` of servers 1 .. S; V1, V2."""
    if len(values) < 2 * layout.t + 1:
        return TOO_FEW
    nodes = list(range(1, layout.t + 2))
    if any(at(values, nodes, j) != values[j - 1] for j in range(1, len(values) + 1)):
        return INCONSISTENT
    return ACCEPTED if k_add(at(values, nodes, 0), c0) == ZERO else FALSE


# ---- A round


class Round:
    def __init__(self, v):
        self.v, self.layout = v, Layout(v)
        layout = self.layout
        self.ctx, self.beacon_1, self.beacon_2 = v.get("ctx"), v.get("beacon_1"), v.get("beacon_2")
        self.sk = [int.from_bytes(v.get(f"sk_{j}"), "big") for j in range(1, layout.S + 1)]
        for j in range(1, layout.S + 1):
            v.check(f"PK_{j}", compressed(ec_mul(self.sk[j - 1], G)))
        self.g0 = [centred(e) for e in read_elements(v.get("g0"))]
        self.rows = matrix(self.beacon_1, layout.d, layout.k)
        self.theta = xof_points(self.beacon_2, b"PVS1/theta", 5 + layout.k)
        weights = self.theta[4 : 4 + layout.k]
        rows = self.rows
        if layout.test:
            rows, weights = rows + [self.g0], weights + [self.theta[4 + layout.k]]
        self.q = [k_sum(k_scale(w, row[k] % P) for w, row in zip(weights, rows)) for k in range(layout.d)]
        self.shares, self.values, self.constants, self.gammas, self.forms = [], [], [], [], []

    def shared(self, i, name, label, prefix, secret, streams):
        """Ciphertexts and roots of one vector of owner i; returns its shares and roots."""
        v, layout = self.v, self.layout
        masks = []
        for key in streams:
            words = []
            while len(words) < len(secret):
                words += xof_field(key, label, prefix + le(len(words) // 16384, 4),
                                   min(16384, len(secret) - len(words)))
            masks.append(words)
        shares, roots = masks[: layout.t], []
        for j in range(layout.t + 1, layout.S + 1):
            factors = lagrange(list(range(layout.t + 1)), j)
            columns = zip(secret, *masks[: layout.t])
            shares.append([sum(f * w for f, w in zip(factors, column)) % P for column in columns])
            blob = write_elements(s + m for s, m in zip(shares[-1], masks[j - 1]))
            v.check(f"C{name}_{i}_{j}", blob)
            roots.append(merkle(blob))
            v.check(f"h{name}_{i}_{j}", roots[-1])
        return shares, roots

    def owner(self, i):
        v, layout = self.v, self.layout
        owner, ephemeral = v.get(f"owner_{i}"), v.get(f"EK_{i}")
        v.check(f"EK_{i}", ec_mul(int.from_bytes(v.get(f"ek_{i}"), "big"), G)[0].to_bytes(32, "big"))
        x, aux = read_elements(v.get(f"x_{i}")), read_elements(v.get(f"aux_{i}"))
        assert len(aux) == layout.nA
        if i < 3:
            assert aux[: layout.masks] == honest_bits(layout, x, self.rows, self.g0), f"bits of owner {i}"
        keys = []
        for j in range(1, layout.S + 1):
            shared = compressed(ec_mul(self.sk[j - 1], lift(ephemeral)))
            point = compressed(ec_mul(self.sk[j - 1], G))
            keys.append(H(b"PVS1/key", self.ctx, owner, le(j, 1), ephemeral, point, shared))
            v.check(f"K_{i}_{j}", keys[-1])
        shares, roots = self.shared(i, "", b"PVS1/x", b"", x, keys)
        root = H(b"PVS1/root", self.ctx, owner, ephemeral, *roots)
        v.check(f"root_{i}", root)
        message = H(b"PVS1/pok", self.ctx, owner, ephemeral, root)
        assert schnorr_valid(ephemeral, message, v.get(f"pok_{i}")), f"pok_{i}"
        proof = v.get(f"proof_{i}")
        root2, nonce2 = proof[:32], proof[32:48]
        shares2, roots2 = self.shared(i, "2", b"PVS1/aux", nonce2, aux, keys)
        assert root2 == H(b"PVS1/root2", self.ctx, owner, root, self.beacon_1, nonce2, *roots2), "root2"
        self.shares.append([a + b for a, b in zip(shares, shares2)])
        prefix = self.ctx + owner + root + self.beacon_1 + root2
        transcript, chi = start(layout, prefix)
        messages = Prover(layout, x, aux).prove(transcript, chi)
        v.check(f"proof_{i}", root2 + nonce2 + write_exts(messages))
        self.validate(i, owner, prefix, read_exts(proof[48:]))

    def validate(self, i, owner, prefix, messages):
        v, layout = self.v, self.layout
        chi, rho, claim = replay(layout, prefix, messages)
        v.check(f"chi_{i}", write_exts(chi))
        v.check(f"rho_{i}", write_exts(rho))
        v.check(f"claim_{i}", write_elements(claim))
        self.constants.append(constant(layout, self.theta, messages, claim))
        v.check(f"c0_{i}", write_elements(self.constants[-1]))
        self.gammas.append(E(H(self.beacon_2, b"PVS1/gamma", owner)))
        v.check(f"gamma_{i}", write_elements(self.gammas[-1]))
        self.forms.append(coefficients(layout, self.theta, chi, rho, self.q))
        self.values.append([applied(self.forms[-1], share) for share in self.shares[-1]])
        for j, value in enumerate(self.values[-1], 1):
            v.check(f"e_{i}_{j}", write_elements(value))
        verdict = decide(layout, self.values[-1], self.constants[-1])
        assert verdict == v.number(f"verdict_{i}") == (ACCEPTED if i < 3 else FALSE)

    def batch(self, count):
        v, layout = self.v, self.layout
        total = k_sum(k_mul(g, c) for g, c in zip(self.gammas[:count], self.constants))
        posted = []
        for j in range(1, layout.S + 1):
            posted.append(k_sum(k_mul(g, e[j - 1]) for g, e in zip(self.gammas[:count], self.values)))
            v.check(f"E_{count}_{j}", write_elements(posted[-1]))
        verdict = decide(layout, posted, total)
        assert verdict == v.number(f"batch_verdict_{count}") == (ACCEPTED if count < 3 else FALSE)

    def aggregate(self):
        """Owners 1 and 2; the hash of the block is that of beacon 1."""
        v, layout = self.v, self.layout
        beacon = H(b"PVS1/beacon", b"\3", self.ctx, self.beacon_1)
        v.check("beacon_3", beacon)
        sigma = xof_points(beacon, b"PVS1/sigma", (layout.d - 1).bit_length())
        total = [sum(pair) % P for pair in zip(*(read_elements(v.get(f"x_{i}")) for i in (1, 2)))]
        v.check("A", write_elements(total))
        posted = []
        for j in range(layout.S):
            share = [(a + b) % P for a, b in zip(self.shares[0][j], self.shares[1][j])][: layout.d]
            posted.append(form(sigma, share))
            v.check(f"W_{j + 1}", write_elements(posted[-1]))
        assert decide(layout, posted, k_sub(ZERO, form(sigma, total))) == ACCEPTED, "aggregate"

    def justify(self, i, j, side):
        """DLEQ, decryption of the published ciphertexts, and the value the server should have posted."""
        v, layout = self.v, self.layout
        owner, ephemeral = v.get(f"owner_{i}"), v.get(f"EK_{i}")
        opened = v.get(f"D_{side}_{i}_{j}")
        v.check(f"D_{side}_{i}_{j}", compressed(ec_mul(self.sk[j - 1], lift(ephemeral))))
        proof = v.get(f"dleq_{side}_{i}_{j}")
        v.check(f"dleq_{side}_{i}_{j}", proof)
        e, s = (int.from_bytes(part, "big") for part in (proof[:32], proof[32:]))
        server, client = ec_mul(self.sk[j - 1], G), lift(ephemeral)
        prover, base = (server, client) if side == "server" else (client, server)
        shared = ec_mul(self.sk[j - 1], client)
        points = [prover, base, shared]
        for left, right in ((G, prover), (base, shared)):
            points.append(ec_add(ec_mul(s, left), ec_mul(N - e, right)))
        message = H(b"PVS1/just", self.ctx, owner, le(j, 1))
        assert proof[:32] == H(b"PVS1/dleq", *(compressed(point) for point in points), message), "dleq"
        point = compressed(server)
        key = H(b"PVS1/key", self.ctx, owner, le(j, 1), ephemeral, point, opened)
        nonce2 = v.get(f"proof_{i}")[32:48]
        share = []
        for name, label, prefix in (("C", b"PVS1/x", b""), ("C2", b"PVS1/aux", nonce2)):
            count = layout.d if name == "C" else layout.nA
            stream = xof_field(key, label, prefix + le(0, 4), count)
            if j <= layout.t:
                share += stream
                continue
            cipher = read_elements(v.get(f"{name}_{i}_{j}"))
            share += [(c - m) % P for c, m in zip(cipher, stream)]
        assert applied(self.forms[i - 1], share) == self.values[i - 1][j - 1], f"justify_{i}_{j}"

    def distance(self):
        """The masked squared distance of two sketches, 6c: degree 2t, and exact at 0."""
        v, layout = self.v, self.layout
        ids = sorted(v.get(f"owner_{i}") for i in (1, 2))
        binder = self.ctx + H(*ids) + le(0, 2) + le(1, 2)
        posted = []
        for j in range(1, layout.S + 1):
            sketches = []
            for i in (0, 1):
                aux = self.shares[i][j - 1][layout.d :]
                rows = [(number(aux[layout.row(w) : layout.row(w) + layout.WB]) - layout.wr + 1) % P
                        for w in range(layout.r)]
                sketches.append(rows + aux[layout.sketch : layout.masks])
            value = sum((a - b) ** 2 for a, b in zip(*sketches))
            for subset in combinations(range(1, layout.S + 1), layout.t):
                if j in subset:
                    continue
                factor = 1
                for u in subset:
                    factor = factor * (u - j) * pow(u, -1, P) % P
                key = bytes([sum(1 << (u - 1) for u in subset)]) * 32
                for power in range(1, layout.t + 1):
                    r = xof_field(key, b"PVS1/zs", binder + le(power, 1), 1)[0]
                    value += r * j**power * factor
            posted.append((value % P, 0))
            v.check(f"distance_{j}", le(value % P, 8))
        vectors = [[centred(e) for e in read_elements(v.get(f"x_{i}"))] for i in (1, 2)]
        true = sum(sum(p * (a - b) for p, a, b in zip(row, *vectors)) ** 2 for row in self.rows)
        nodes = list(range(1, 2 * layout.t + 2))
        assert at(posted, nodes, 0) == (true % P, 0), "distance"
        assert all(at(posted, nodes, j) == posted[j - 1] for j in range(1, layout.S + 1)), "degree"


def check_round(v):
    current = Round(v)
    for i in (1, 2, 3):
        current.owner(i)
    current.batch(2)
    current.batch(3)
    current.aggregate()
    current.justify(1, 2, "server")
    current.justify(2, current.layout.S, "owner")
    current.distance()


def check_projection(v):
    for i in (1, 2):
        d = v.number(f"dimension_{i}")
        rows = matrix(v.get(f"beacon_{i}"), d, 5)
        weights = read_exts(v.get(f"weights_{i}"))
        x = [k * k % 1001 - 500 for k in range(d)]
        v.check(f"y_{i}", write_elements(sum(p * e for p, e in zip(row, x)) for row in rows))
        q = combination(rows, weights, d)
        v.check(f"q_a_{i}", write_elements(a for a, _ in q))
        v.check(f"q_b_{i}", write_elements(b for _, b in q))


# ---- 6c: the keys of the masks


def servers_of(mask):
    return [j for j in range(1, 11) if mask >> (j - 1) & 1]


def dealt_sets(S, t, active):
    """{dealer: its sets as masks, ascending}."""
    out = {}
    for mask in range(1 << S):
        if len(servers_of(mask)) == t:
            out.setdefault(min(j for j in servers_of(active) if not mask >> (j - 1) & 1), []).append(mask)
    return out


def check_deals(v):
    S, t, ctx = v.number("servers"), v.number("degree"), v.get("ctx")
    sk = [int.from_bytes(v.get(f"sk_{j}"), "big") for j in range(1, S + 1)]
    points = [ec_mul(key, G) for key in sk]
    for j in range(S):
        v.check(f"PK_{j + 1}", compressed(points[j]))
    for j, sets in dealt_sets(S, t, v.number("active")).items():
        dealer, ephemeral, keys = v.get(f"dealer_{j}"), v.get(f"EK_{j}"), v.get(f"keys_{j}")
        root = H(b"PVS1/deals", keys)
        v.check(f"root_{j}", root)
        message = H(b"PVS1/pok", ctx, dealer, ephemeral, root)
        assert schnorr_valid(ephemeral, message, v.get(f"pok_{j}")), f"pok_{j}"
        again = b""
        for mask in sets:
            entry = keys[len(again) : len(again) + 32 * (S - t)]
            others = [m for m in range(1, S + 1) if not mask >> (m - 1) & 1 and m != j]
            found = set()
            for place, m in enumerate(others, 1):
                shared = compressed(ec_mul(sk[m - 1], lift(ephemeral)))
                key = H(b"PVS1/key", ctx, dealer, le(m, 1), ephemeral, compressed(points[m - 1]), shared)
                stream = xof(key, b"PVS1/deal", le(mask, 2))
                cover = next(stream) + next(stream)
                found.add(bytes(a ^ b for a, b in zip(entry[32 * place : 32 * place + 32], cover)))
            assert len(found) == 1, f"keys_{j} are not the same for all"
            assert entry[:32] == H(b"PVS1/kt", ctx, le(mask, 2), *found), f"keys_{j} is not of its hash"
            again += entry
        v.check(f"keys_{j}", again)
    check_refutation(v, ctx, sk[S - 1], S)


def check_refutation(v, ctx, key, m):
    """The last server's proof about the key it has in common with dealer 2."""
    point, base = ec_mul(key, G), lift(v.get("EK_2"))
    v.check(f"D_2_{m}", compressed(ec_mul(key, base)))
    proof = v.get(f"dleq_2_{m}")
    e, s = (int.from_bytes(part, "big") for part in (proof[:32], proof[32:]))
    points = [point, base, ec_mul(key, base)]
    for left, right in ((G, points[0]), (base, points[2])):
        points.append(ec_add(ec_mul(s, left), ec_mul(N - e, right)))
    message = H(b"PVS1/just", ctx, v.get("dealer_2"), le(m, 1))
    v.check(f"dleq_2_{m}", H(b"PVS1/dleq", *(compressed(p) for p in points), message) + proof[32:])


# ---- Section 8 of the specification: what must be refused


def refused(claim, text):
    assert claim, f"is accepted: {text}"


def refuse_proof(v):
    """An owner's proof, by what servers posted, and by the vector behind it."""
    layout = Layout(v)
    ctx, owner, root = v.get("ctx"), v.get("owner"), v.get("root")
    beacon, proof = v.get("beacon_1"), v.get("proof")
    prefix, messages = ctx + owner + root + beacon + proof[:32], read_exts(proof[48:])
    chi, rho, claim = replay(layout, prefix, messages)
    theta = xof_points(v.get("beacon_2"), b"PVS1/theta", 5 + layout.k)
    c0 = constant(layout, theta, messages, claim)
    q = combination(matrix(beacon, layout.d, layout.k), theta[4 : 4 + layout.k], layout.d)
    true = applied(coefficients(layout, theta, chi, rho, q), read_elements(v.get("x")) + read_elements(v.get("aux")))
    values = [read_exts(v.get(f"e_{j}"))[0] for j in range(1, v.number("posted") + 1)]
    verdict = decide(layout, values, c0)
    refused(verdict != ACCEPTED, "the proof")
    assert verdict == v.number("verdict"), f"verdict is {verdict}"
    if verdict == FALSE:
        assert at(values, list(range(1, layout.t + 2)), 0) == true, "the values are not those of x and aux"
    v.checked += 1


class Small:
    def __init__(self, degree):
        self.t = degree


def refuse_sum(v):
    sigma = xof_points(v.get("beacon_3"), b"PVS1/sigma", (v.number("dimension") - 1).bit_length())
    values = [read_exts(v.get(f"W_{j}"))[0] for j in range(1, v.number("servers") + 1)]
    verdict = decide(Small(v.number("degree")), values, k_sub(ZERO, form(sigma, read_elements(v.get("A")))))
    refused(verdict != ACCEPTED, "the aggregate")
    assert verdict == v.number("verdict"), f"verdict is {verdict}"
    v.checked += 1


def refuse_blob(v):
    refused(merkle(v.get("blob")) != v.get("root"), "the blob")
    v.checked += 1


def refuse_dleq(v):
    PK, EK, D, proof = v.get("PK"), v.get("EK"), v.get("D"), v.get("dleq")
    e, s = (int.from_bytes(part, "big") for part in (proof[:32], proof[32:]))
    points = [lift_compressed(PK), lift(EK), lift_compressed(D)]
    for left, right in ((G, points[0]), (points[1], points[2])):
        points.append(ec_add(ec_mul(s, left), ec_mul(N - e % N, right)))
    computed = H(b"PVS1/dleq", *(compressed(p) for p in points), v.get("message"))
    refused(computed != proof[:32], "the opened point")
    v.checked += 1


def lift_compressed(data):
    x, y = lift(data[1:])
    return (x, y) if y % 2 == data[0] % 2 else (x, Q - y)


def refuse_commitment(v):
    message = H(b"PVS1/pok", v.get("ctx"), v.get("owner"), v.get("EK"), v.get("root"))
    refused(not schnorr_valid(v.get("EK"), message, v.get("pok")), "the commitment")
    v.checked += 1


def refuse_element(v):
    try:
        read_elements(v.get("element"))
    except AssertionError:
        v.checked += 1
        return
    refused(False, "the element")


def refuse_product(v):
    t = v.number("degree")
    values = [(read_elements(v.get(f"D_{j}"))[0], 0) for j in range(1, 3 * t + 2)]
    nodes = list(range(1, 2 * t + 2))
    refused(any(at(values, nodes, j) != values[j - 1] for j in range(1, 3 * t + 2)), "the product")
    v.checked += 1


REFUSED = {"18": refuse_sum, "19": refuse_sum, "21": refuse_blob, "22": refuse_dleq, "23": refuse_commitment,
           "25": refuse_element, "26": refuse_blob, "26_short": refuse_blob, "33_product": refuse_product}


def check_of(name):
    if name.startswith("pvsnip_neg_"):
        return REFUSED.get(name[len("pvsnip_neg_") : -len(".txt")], refuse_proof)
    if name == "pvsnip_projection.txt":
        return check_projection
    return check_deals if name.startswith("pvsnip_deal_") else check_round


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "tests/vectors"
    try:
        names = sorted(name for name in os.listdir(folder) if name.startswith("pvsnip_"))
    except OSError as error:
        sys.exit(f"{folder}: {error.strerror}")
    if not names:
        sys.exit(f"{folder}: there is no pvsnip_*.txt")
    for name in names:
        check_file(os.path.join(folder, name), check_of(name))


if __name__ == "__main__":
    main()
