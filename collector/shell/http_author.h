/* http_author - who is at the other end of a connection
 * Room: collector/shell. */
#ifndef COLLECTOR_SHELL_HTTP_AUTHOR_H
#define COLLECTOR_SHELL_HTTP_AUTHOR_H

#include "collector/core/orders.h"

/* On a unix socket the user that the system says it is, by name where it has one; over the
 * network the address; "somebody" when neither can be told. `fd` < 0 is legal. */
void http_author(int fd, char out[ORDERS_AUTHOR_BYTES]);

#endif
