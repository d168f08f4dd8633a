#!/usr/bin/env python3
"""Slow reference of the norm proof and the decisions after it, from the text of its specification and
nothing else.

Computes every line of tests/vectors/pvsnip_*.txt again from the inputs among them: as owner, as server, as
validator, as judge of a dispute. Usage: pvsnip.py [folder of vectors].
"""
import os
import sys
from itertools import combinations

from aggregation import (E, G, H, N, P, at, check_file, compressed, ec_add, ec_mul, form, k_mul,
                         k_scale, lagrange, le, lift, merkle, read_elements, schnorr_valid,
                         write_elements, xof, xof_field, xof_points)
from norm import (ACCEPTED, FALSE, ZERO, Layout, Prover, applied, centred, coefficients, combination, constant,
                  decide, honest_bits, k_sub, k_sum, matrix, number, read_exts, replay, start, write_exts)
from refused import REFUSED, refuse_proof

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
