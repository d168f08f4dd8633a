/* Asking the node that runs on a home, over its admin socket: `soukd status`, `soukd snapshot create`. */
#ifndef NODE_MAIN_ASK_H
#define NODE_MAIN_ASK_H

/* Call a method without parameters and print the answer, one line of JSON. Exit code: 0, or 1 where no
 * node answers. */
int main_ask(const char *home, const char *method);

#endif /* NODE_MAIN_ASK_H */
