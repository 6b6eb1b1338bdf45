#include "collector/shell/http_author.h"

#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static void
user_text(uid_t uid, char out[ORDERS_AUTHOR_BYTES])
{
	char memory[4096];
	struct passwd entry;
	struct passwd *found = NULL;

	if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) == 0 &&
	    found != NULL && strlen(found->pw_name) < LIMIT_NAME_BYTES) {
		(void)snprintf(out, ORDERS_AUTHOR_BYTES, "%s", found->pw_name);
	} else {
		(void)snprintf(
		    out, ORDERS_AUTHOR_BYTES, "user %lu", (unsigned long)uid);
	}
}

void
http_author(int fd, char out[ORDERS_AUTHOR_BYTES])
{
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(address);
	char host[64];
	struct ucred peer;

	(void)snprintf(out, ORDERS_AUTHOR_BYTES, "somebody");
	if (fd < 0 || getpeername(fd, (struct sockaddr *)&address, &len) != 0) {
		return;
	}
	if (address.ss_family == AF_UNIX) {
		len = sizeof(peer);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0) {
			user_text(peer.uid, out);
		}
	} else if (getnameinfo((struct sockaddr *)&address, len, host, sizeof(host),
		       NULL, 0, NI_NUMERICHOST) == 0) {
		(void)snprintf(out, ORDERS_AUTHOR_BYTES, "from %s", host);
	}
}
