"""Slow reference of the norm proof: its layout, prover, replay, coefficients and decision, from the text of the
specification and nothing else."""
from aggregation import (E, H, P, at, eq, k_add, k_mul, k_scale, le, read_elements, write_elements, xof)

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
        self.rows_start = 2 * self.NB
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
