/* A local network: what is in its folder and where each part listens.
 *
 *     testnet.json       how many of each, and the ports       env        variables for a shell
 *     genesis.json       of the chain                          password   of wallets and servers
 *     wallets/NAME.key   admin, model-owner, owner-1 ...       logs/      NAME.log
 *     node-1/ ...        homes of the validators               run/       NAME.pid
 *     server-1/ ...      homes of the aggregation servers
 *
 * Everything listens on 127.0.0.1, from the base port upwards: two ports for each validator of the
 * genesis (its transport, then its RPC), then one for each server, then two for each validator that
 * was added. */
#ifndef TOOLS_TESTNET_NET_H
#define TOOLS_TESTNET_NET_H

#include "tools/client/cli.h"

#define NET_PATH_MAX       3072
#define NET_VALIDATORS_MAX 20
#define NET_SERVERS_MAX    10 /* MARKET_SERVERS_MAX: one model can name them all */
#define NET_OWNERS_MAX     1000
#define NET_PARTS_MAX      (NET_VALIDATORS_MAX + NET_SERVERS_MAX)
#define NET_PREFIX         "tsouk"

struct net {
    char home[NET_PATH_MAX]; /* absolute */
    char bin[NET_PATH_MAX];  /* folder of the sibling programs */
    uint32_t validators;     /* those that were added included */
    uint32_t added;          /* of them after the genesis, the last ones */
    uint32_t servers;
    uint32_t owners;
    uint32_t base_port;
    uint32_t empty_block_interval_ms;
};

enum part_kind { PART_VALIDATOR, PART_SERVER };

/* A process of the network. */
struct part {
    enum part_kind kind;
    uint32_t index; /* 1 .. */
    char name[32];  /* "node-1", "server-2" */
};

/* Set the folders from --home and --bin. The home need not exist. */
NODISCARD bool net_locate(struct net *net, const struct cli *cli, struct fault *fault);

/* Read testnet.json of a located network. */
NODISCARD bool net_load(struct net *net, struct fault *fault);
NODISCARD bool net_save(const struct net *net, struct fault *fault);

/* The validators in order, then the servers. */
size_t net_parts(const struct net *net, struct part out[NET_PARTS_MAX]);

/* The part that the command names: argument 0 is its number, --server says which kind. */
NODISCARD bool net_part(const struct net *net, const struct cli *cli, struct part *out,
                        struct fault *fault);

/* out = home "/" the formatted name; cut where it is too long, which net_locate() excludes for names
 * of up to 64 characters. */
void net_path(char out[NET_PATH_MAX], const struct net *net, const char *format, ...)
    PRINTF_LIKE(3, 4);

uint16_t net_p2p_port(const struct net *net, uint32_t validator);
uint16_t net_rpc_port(const struct net *net, uint32_t validator);
uint16_t net_server_port(const struct net *net, uint32_t server);
uint16_t net_http_port(const struct net *net, const struct part *part); /* with /readyz */
uint32_t net_last_port(const struct net *net);

#endif /* TOOLS_TESTNET_NET_H */
