/* `soukd status`: ask the node that runs on a home, over its admin socket. */
#ifndef NODE_MAIN_STATUS_H
#define NODE_MAIN_STATUS_H

/* Print the answer of chain_status, one line of JSON. Exit code: 0, or 1 where no node answers. */
int main_status(const char *home);

#endif /* NODE_MAIN_STATUS_H */
