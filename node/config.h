/* Settings of one node: flags over environment over file over defaults.
 *
 * Every setting has one name, `section.key`. In config/soukd.conf it stands as `key = value` under
 * `[section]`, in the environment as SOUKD_SECTION_KEY, on the command line as --section-key value.
 * Peers are lines `name = nodekey@host:port` under [peers]. What no table row knows is an error that
 * names the line and the nearest known name. The rules of the chain come from genesis, not from here. */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include "base/buffer.h"
#include "crypto/key.h"
#include "node/log.h"

#define CONFIG_HOST_MAX      256 /* characters with the terminator */
#define CONFIG_TEXT_MAX      1024
#define CONFIG_NAME_MAX      33
#define CONFIG_PEERS_MAX     256
#define CONFIG_FILE_SIZE_MAX ((size_t)256 * 1024) /* bytes */

struct config_endpoint {
    char host[CONFIG_HOST_MAX]; /* empty: none */
    uint16_t port;
};

struct config_peer {
    char name[CONFIG_NAME_MAX];
    struct point node_key;
    struct config_endpoint endpoint; /* host empty: it dials us */
};

struct config {
    struct config_endpoint p2p_listen;
    struct config_endpoint rpc_listen;
    uint32_t rpc_connections_max;
    char rpc_hosts[CONFIG_TEXT_MAX];     /* names that clients may call this node; rpc_guard.h */
    char rpc_origins[CONFIG_TEXT_MAX];   /* pages that may call it from a browser */
    uint32_t log_level;                  /* enum log_level */
    char password_file[CONFIG_TEXT_MAX]; /* of the validator key; empty: in the home */
    char signer[CONFIG_TEXT_MAX];        /* socket of souk-signer; empty: the key is in the home */
    uint32_t mempool_count_max;          /* transactions */
    uint64_t mempool_bytes_max;
    uint32_t mempool_account_count_max; /* transactions of one account */
    uint64_t mempool_expiry_max;        /* heights ahead that a transaction may ask for */
    uint32_t mempool_batch_ms;          /* wait before transactions go to the validators */
    uint32_t consensus_round_timeout_ms;
    uint32_t consensus_status_interval_ms;
    uint32_t consensus_time_drift_ms;
    uint32_t consensus_short_bytes; /* of all copies of a proposal: from here on in short form */
    uint64_t blob_quota;            /* bytes of blobs that no block names */
    uint32_t sync_window;           /* blocks asked for at once */
    uint32_t sync_timeout_ms;
    uint64_t storage_keep_blocks;   /* older blocks are forgotten; 0: none are */
    uint32_t storage_segment_bytes; /* of a file of blocks */
    uint64_t snapshot_interval;     /* heights between two snapshots; 0: none are made */
    uint32_t snapshot_keep;         /* newest ones that are kept */
    uint64_t snapshot_fetch; /* blocks that an empty node must lack to begin from one; 0: never */
    char snapshot_trust[CONFIG_TEXT_MAX]; /* HEIGHT:HASH; empty: whatever validators offer */
    struct config_peer peers[CONFIG_PEERS_MAX];
    uint32_t peer_count;
};

/* "HOST:PORT", with brackets around an IPv6 address. Returns `out`; CONFIG_ADDRESS_MAX is room for all. */
#define CONFIG_ADDRESS_MAX (CONFIG_HOST_MAX + 16)
const char *config_address(char *out, size_t size, const char *host, uint16_t port);

void config_init(struct config *config); /* The defaults. */

/* Read a file's text over `config`. False with "line 7: unknown key 'lisen' in [p2p]; did you mean
 * 'listen'?" in `error`. */
NODISCARD bool config_read_text(struct config *config, const char *text, char *error,
                                size_t error_size);

/* As config_read_text() of the file at `path`; a missing file is no error where `optional`. */
NODISCARD bool config_read_file(struct config *config, const char *path, bool optional, char *error,
                                size_t error_size);

/* Take every SOUKD_SECTION_KEY that is set. Another SOUKD_ name than these, SOUKD_HOME and SOUKD_PASSWORD_FILE is
 * refused. */
NODISCARD bool config_read_environment(struct config *config, char *error, size_t error_size);

/* Take one setting by its flag's name without the dashes: "rpc-listen". */
NODISCARD bool config_set_flag(struct config *config, const char *flag, const char *value,
                               char *error, size_t error_size);

/* HEIGHT:HASH taken apart, of a text and of the setting snapshot.trust; false where it is neither empty
 * nor that; a hash of zeros alone is no block's. *height and the hash are zero where it is empty. */
NODISCARD bool config_parse_trust(const char *text, uint64_t *height, uint8_t hash[32]);
NODISCARD bool config_trust(const struct config *config, uint64_t *height, uint8_t hash[32]);

/* Settings that only make sense together. */
NODISCARD bool config_check(const struct config *config, char *error, size_t error_size);

/* The whole configuration as a file's text, with a comment for each key. */
void config_print(struct buffer *out, const struct config *config);

/* The flags with their explanations, for --help. */
void config_print_flags(struct buffer *out);

#endif /* NODE_CONFIG_H */
