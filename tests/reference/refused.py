"""Slow reference of section 8 of the specification: what must be refused, decided from the bytes of
tests/vectors/pvsnip_neg_*.txt. Where the list names what makes an attack one, that is asked of the file too."""
from aggregation import (G, H, N, P, Q, at, compressed, consistent, ec_add, ec_mul, form, k_add, k_mul, lift, merkle,
                         read_elements, schnorr_valid, write_elements, xof_points)
from norm import (ACCEPTED, FALSE, INCONSISTENT, ONE, ZERO, Layout, applied, centred, coefficients, combination,
                  constant, decide, k_sub, matrix, number, read_exts, replay)


def refused(claim, text):
    assert claim, f"is accepted: {text}"


def proof_of(v, layout, beacon_2):
    """What a proof and the vector behind it give under a beacon 2: c0, and the value at 0 of honest e_j."""
    ctx, owner, root = v.get("ctx"), v.get("owner"), v.get("root")
    beacon, proof = v.get("beacon_1"), v.get("proof")
    prefix, messages = ctx + owner + root + beacon + proof[:32], read_exts(proof[48:])
    chi, rho, claim = replay(layout, prefix, messages)
    theta = xof_points(beacon_2, b"PVS1/theta", 5 + layout.k)
    rows, weights = matrix(beacon, layout.d, layout.k), theta[4 : 4 + layout.k]
    if layout.test:
        rows, weights = rows + [centred_of(v, "g0")], weights + [theta[4 + layout.k]]
    q = combination(rows, weights, layout.d)
    shared = read_elements(v.get("x")) + read_elements(v.get("aux"))
    return constant(layout, theta, messages, claim), applied(coefficients(layout, theta, chi, rho, q), shared)


def centred_of(v, name):
    return [centred(e) for e in read_elements(v.get(name))]


def posted_of(v, name, count):
    return [read_exts(v.get(f"{name}_{j}"))[0] for j in range(1, count + 1)]


def refuse_proof(v):
    """An owner's proof, by what servers posted, and by the vector behind it."""
    layout = Layout(v)
    c0, true = proof_of(v, layout, v.get("beacon_2"))
    values = posted_of(v, "e", v.number("posted"))
    verdict = decide(layout, values, c0)
    refused(verdict != ACCEPTED, "the proof")
    assert verdict == v.number("verdict"), f"verdict is {verdict}"
    if verdict == FALSE:
        assert at(values, list(range(1, layout.t + 2)), 0) == true, "the values are not those of x and aux"
    v.checked += 1


def refuse_forged_bit(v):
    """5: the first bit of N is none, and with c_0 = 1 its constraint would make up for the norm."""
    refuse_proof(v)
    layout, aux = Layout(v), read_elements(v.get("aux"))
    first, norm = aux[0], sum(e * e for e in centred_of(v, "x"))
    assert first > 1 and set(aux[1 : layout.rows_start]) <= {0, 1}, "the first bit alone is none"
    assert norm > layout.B**2, "the norm is within the bound"
    claimed, rest = number(aux[: layout.NB]), number(aux[layout.NB : 2 * layout.NB])
    assert claimed + rest == layout.B**2 and claimed < 2**layout.NB, "N + u is not B^2"
    assert (first * first - first + norm - claimed) % P == 0, "nothing is cancelled"


def refuse_late_value(v):
    """6: v solves the equations of the beacon it was chosen by, so it must be on the chain before a beacon."""
    refuse_proof(v)
    c0, true = proof_of(v, Layout(v), v.get("foreseen"))
    assert k_add(true, c0) == ZERO, "v does not solve the equations of the beacon that was foreseen"


def refuse_cosine(v):
    """34: the vector is short enough, but its cosine is not what is asked for."""
    refuse_proof(v)
    layout, x = Layout(v), centred_of(v, "x")
    norm, inner = sum(e * e for e in x), sum(a * b for a, b in zip(centred_of(v, "g0"), x))
    assert norm <= layout.B**2, "the norm is above the bound"
    assert inner < 0 or (inner >> layout.s) ** 2 < layout.kappa * norm, "the cosine is as asked for"


def refuse_pad(v):
    """32: f_0j of the shares of a pad, one of which is off. Only that they fit is asked."""
    rho = xof_points(v.get("beacon_2"), b"PVS1/pad", (v.number("dimension") - 1).bit_length())
    weight = k_mul(rho[0], k_sub(ONE, rho[0]))
    values = []
    for j in range(1, v.number("servers") + 1):
        blind = read_exts(v.get(f"R0_{j}"))[0]
        values.append(k_add(form(rho, read_elements(v.get(f"pad_{j}"))), k_mul(weight, blind)))
        v.check(f"f_{j}", write_elements(values[-1]))
    refused(not consistent(values, v.number("degree")), "the pad")
    assert v.number("verdict") == INCONSISTENT, "verdict is 2"
    v.checked += 1


def refuse_mixed_pad(v):
    """32: added to the owner's values those of the pad would cancel its error; they are no part of the batch."""
    refuse_proof(v)
    layout = Layout(v)
    c0, _ = proof_of(v, layout, v.get("beacon_2"))
    pad, values = posted_of(v, "f", layout.S), posted_of(v, "e", layout.S)
    assert consistent(pad, layout.t), "the pad's values do not fit"
    mixed = [k_add(f, e) for f, e in zip(pad, values)]
    assert decide(layout, mixed, c0) == ACCEPTED, "the pad does not cancel the error"


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


def tagged(tag, *parts):
    return H(H(tag), H(tag), *parts)


def refuse_server_key(v):
    """24: the proof of SERVER_REGISTER is good for the server that has the key, and for no other."""
    key, proof = v.get("PK"), v.get("proof")

    def valid(sender):
        return schnorr_valid(key[1:], tagged(b"souk/server/v1", v.get("chain_id"), sender, key), proof)

    assert valid(v.get("owner_of_the_key")), "the proof is not that of the key's owner"
    refused(not valid(v.get("sender")), "the registration")
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


REFUSED = {"05": refuse_forged_bit, "06": refuse_late_value, "18": refuse_sum, "19": refuse_sum, "21": refuse_blob,
           "22": refuse_dleq, "23": refuse_commitment, "24": refuse_server_key, "25": refuse_element,
           "26": refuse_blob, "26_short": refuse_blob, "32": refuse_pad, "32_mixed": refuse_mixed_pad,
           "33_product": refuse_product, "34_below": refuse_cosine, "34_negative": refuse_cosine}
