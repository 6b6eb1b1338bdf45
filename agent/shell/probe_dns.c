#include "agent/shell/probe_dns.h"

#include "agent/shell/address.h"
#include "agent/shell/transport.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	RECORDS_MAX = 64,    /* read of one answer */
	SPARE_MS = 60 * 1000 /* c-ares' own clock must not be the one that ends a run */
};

/* ---- sockets: c-ares' own would hide why they failed ---- */

static ares_socket_t
open_socket(int family, int type, int protocol, void *context)
{
	struct dns_query *query = context;
	int fd = address_open(family, type, protocol, query->source);

	if (fd < 0) {
		query->os_errno = errno;
	}
	return fd;
}

static int
close_socket(ares_socket_t fd, void *context)
{
	(void)context;
	return close(fd);
}

static int
connect_socket(
    ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len, void *context)
{
	struct dns_query *query = context;
	int result = connect(fd, to, len);

	if (result != 0 && transport_is_local(errno)) {
		query->os_errno = errno;
	}
	return result;
}

/* NOLINTBEGIN(readability-function-size): the parameters are the library's */
static ares_ssize_t
receive(ares_socket_t fd, void *data, size_t len, int flags, struct sockaddr *from,
    ares_socklen_t *from_len, void *context)
{
	(void)context;
	return recvfrom(fd, data, len, flags, from, from_len);
}
/* NOLINTEND(readability-function-size) */

static ares_ssize_t
send_parts(ares_socket_t fd, const struct iovec *part, int len, void *context)
{
	struct msghdr message = {
	    .msg_iov = (struct iovec *)(uintptr_t)part, .msg_iovlen = (size_t)len};

	(void)context;
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static const struct ares_socket_functions sockets = {
    .asocket = open_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive,
    .asendv = send_parts,
};

/* ---- answers ---- */

/* The only place that knows c-ares' codes. */
static enum lookup_status
status_of(int code)
{
	switch (code) {
	case ARES_SUCCESS:
		return LOOKUP_FOUND;
	case ARES_ENODATA:
		return LOOKUP_NODATA;
	case ARES_ENOTFOUND:
		return LOOKUP_NXDOMAIN;
	case ARES_ESERVFAIL:
		return LOOKUP_SERVFAIL;
	case ARES_EREFUSED:
		return LOOKUP_REFUSED;
	case ARES_EFORMERR:
	case ARES_ENOTIMP:
		return LOOKUP_RCODE;
	case ARES_EBADRESP:
	case ARES_EBADNAME: /* in the answer: ours is checked before it is asked for */
	case ARES_EBADSTR:
		return LOOKUP_GARBAGE;
	case ARES_ECONNREFUSED:
	case ARES_EOF:
		return LOOKUP_UNREACHABLE;
	case ARES_ETIMEOUT:
		return LOOKUP_WAITING; /* the deadline of the run says so, too */
	}
	return LOOKUP_LOCAL;
}

static void
fail(struct dns_query *query, const char *why)
{
	struct lookup *lookup = query->lookup;

	(void)snprintf(lookup->why, sizeof(lookup->why), "%s", why);
	lookup->v4 = LOOKUP_LOCAL;
}

/* What ended a question without an answer, when it was ourselves. */
static enum lookup_status
explain(struct dns_query *query, int code)
{
	enum lookup_status status = status_of(code);
	const char *source = query->source->text;

	if (status == LOOKUP_UNREACHABLE && query->os_errno != 0) {
		status = LOOKUP_LOCAL;
		(void)snprintf(query->lookup->why, sizeof(query->lookup->why),
		    "no socket to ask %s%s%s: %s", query->lookup->resolver,
		    source[0] != '\0' ? " from " : "", source,
		    strerror(query->os_errno));
	} else if (status == LOOKUP_LOCAL) {
		(void)snprintf(query->lookup->why, sizeof(query->lookup->why),
		    "not asked: %s", ares_strerror(code));
	}
	return status;
}

static enum lookup_status
read_v4(struct lookup *lookup, const unsigned char *data, int len)
{
	struct ares_addrttl record[RECORDS_MAX];
	int records = RECORDS_MAX;
	int code = ares_parse_a_reply(data, len, NULL, record, &records);

	if (code != ARES_SUCCESS) {
		return status_of(code);
	}
	for (int i = 0; i < records; i++) {
		struct lookup_address address = address_of(4, &record[i].ipaddr);

		lookup_add(
		    lookup, &address, record[i].ttl > 0 ? (uint32_t)record[i].ttl : 0);
	}
	return records > 0 ? LOOKUP_FOUND : LOOKUP_NODATA;
}

static enum lookup_status
read_v6(struct lookup *lookup, const unsigned char *data, int len)
{
	struct ares_addr6ttl record[RECORDS_MAX];
	int records = RECORDS_MAX;
	int code = ares_parse_aaaa_reply(data, len, NULL, record, &records);

	if (code != ARES_SUCCESS) {
		return status_of(code);
	}
	for (int i = 0; i < records; i++) {
		struct lookup_address address = address_of(6, &record[i].ip6addr);

		lookup_add(
		    lookup, &address, record[i].ttl > 0 ? (uint32_t)record[i].ttl : 0);
	}
	return records > 0 ? LOOKUP_FOUND : LOOKUP_NODATA;
}

static void
take_v6(void *context, int code, int timeouts, unsigned char *data, int len)
{
	struct dns_query *query = context;

	(void)timeouts;
	if (!query->ending) {
		query->lookup->v6 = code == ARES_SUCCESS
					? read_v6(query->lookup, data, len)
					: explain(query, code);
	}
}

static void
ask_v6(struct dns_query *query)
{
	query->lookup->v6 = LOOKUP_WAITING;
	ares_query(query->channel, query->name, ns_c_in, ns_t_aaaa, take_v6, query);
}

static void
take_v4(void *context, int code, int timeouts, unsigned char *data, int len)
{
	struct dns_query *query = context;

	(void)timeouts;
	if (query->ending) {
		return;
	}
	query->lookup->v4 = code == ARES_SUCCESS ? read_v4(query->lookup, data, len)
						 : explain(query, code);
	if (query->in_turn && query->lookup->v4 == LOOKUP_NODATA) {
		ask_v6(query);
	}
}

/* ---- questions ---- */

static bool
in_hosts(struct dns_query *query, uint8_t version)
{
	struct hostent *host = NULL;
	int family = version == 4 ? AF_INET : AF_INET6;
	struct lookup_address address;
	bool found = false;

	if (ares_gethostbyname_file(query->channel, query->name, family, &host) !=
	    ARES_SUCCESS) {
		return false;
	}
	if (host->h_addrtype == family && host->h_addr_list[0] != NULL) {
		address = address_of(version, host->h_addr_list[0]);
		lookup_add(query->lookup, &address, 0);
		found = true;
	}
	ares_free_hostent(host);
	return found;
}

/* Sets the resolver, or notes which one the system has. */
static bool
choose_resolver(struct dns_query *query, const char *text)
{
	struct ares_addr_port_node node = {0};
	struct ares_addr_port_node *known = NULL;
	struct lookup_address address;
	struct lookup *lookup = query->lookup;
	uint16_t port = 53;

	if (text[0] == '\0') {
		if (ares_get_servers_ports(query->channel, &known) == ARES_SUCCESS &&
		    known != NULL) {
			address =
			    address_of(known->family == AF_INET ? 4 : 6, &known->addr);
			(void)snprintf(lookup->resolver, sizeof(lookup->resolver), "%s",
			    address.text);
			ares_free_data(known);
		}
		return true;
	}
	if (!address_parse_port(text, &address, &port)) {
		fail(query, "the resolver is no address[:port]");
		return false;
	}
	(void)snprintf(lookup->resolver, sizeof(lookup->resolver), "%s", text);
	node.family = address.version == 4 ? AF_INET : AF_INET6;
	memcpy(&node.addr, address.bytes, address.version == 4 ? 4 : 16);
	node.udp_port = port;
	node.tcp_port = port;
	if (ares_set_servers_ports(query->channel, &node) != ARES_SUCCESS) {
		fail(query, "no memory to ask");
		return false;
	}
	return true;
}

/* RFC 1035 2.3.4. */
static bool
is_dns_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 253) {
		return false;
	}
	for (size_t label; *name != '\0'; name += label + (name[label] == '.')) {
		label = strcspn(name, ".");
		if (label == 0 || label > 63) {
			return false;
		}
	}
	return true;
}

static bool
open_channel(struct dns_query *query, const struct dns_question *question)
{
	uint32_t ms = question->timeout_ms < INT32_MAX - SPARE_MS
			  ? question->timeout_ms + SPARE_MS
			  : INT32_MAX;
	struct ares_options options = {
	    .flags = ARES_FLAG_PRIMARY | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
		     ARES_FLAG_NOCHECKRESP,
	    .timeout = (int)ms,
	    .tries = 1,
	};

	if (ares_init_options(&query->channel, &options,
		ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
		query->channel = NULL;
		fail(query, "the resolver library does not start");
		return false;
	}
	ares_set_socket_functions(query->channel, &sockets, query);
	return true;
}

void
dns_begin(
    struct dns_query *query, const struct dns_question *question, struct lookup *lookup)
{
	bool v4 = question->family != 6;
	bool v6 = question->family != 4;

	*query = (struct dns_query){.lookup = lookup,
	    .source = question->source,
	    .name = question->name,
	    .in_turn = question->in_turn && v4 && v6};
	if (!is_dns_name(question->name)) {
		fail(query, "not the name of a host");
		return;
	}
	if (!open_channel(query, question)) {
		return;
	}
	if (question->hosts &&
	    ((v4 && in_hosts(query, 4)) || (v6 && in_hosts(query, 6)))) {
		lookup->v4 = LOOKUP_FOUND;
		return;
	}
	if (!choose_resolver(query, question->resolver)) {
		return;
	}
	if (v4) {
		lookup->v4 = LOOKUP_WAITING;
		ares_query(
		    query->channel, query->name, ns_c_in, ns_t_a, take_v4, query);
	}
	if (v6 && !query->in_turn) {
		ask_v6(query);
	}
}

unsigned
dns_fds(const struct dns_query *query, struct curl_waitfd *out)
{
	ares_socket_t fd[DNS_FDS];
	unsigned len = 0;
	unsigned bits;

	if (query->channel == NULL) {
		return 0;
	}
	bits = (unsigned)ares_getsock(query->channel, fd, DNS_FDS);
	for (unsigned i = 0; i < DNS_FDS; i++) {
		bool in = ARES_GETSOCK_READABLE(bits, i) != 0;
		bool to = ARES_GETSOCK_WRITABLE(bits, i) != 0;

		if (in || to) {
			out[len++] = (struct curl_waitfd){.fd = fd[i],
			    .events = (short)((in ? CURL_WAIT_POLLIN : 0) |
					      (to ? CURL_WAIT_POLLOUT : 0))};
		}
	}
	return len;
}

void
dns_step(struct dns_query *query)
{
	struct curl_waitfd fd[DNS_FDS];
	unsigned len = dns_fds(query, fd);

	/* Whether they are ready is not asked: curl does not report an error that waits at
	 * a socket, and these do not block. */
	for (unsigned i = 0; i < len; i++) {
		bool to = (fd[i].events & CURL_WAIT_POLLOUT) != 0;

		ares_process_fd(
		    query->channel, fd[i].fd, to ? fd[i].fd : ARES_SOCKET_BAD);
	}
}

void
dns_end(struct dns_query *query)
{
	if (query->channel != NULL) {
		query->ending = true;
		ares_destroy(query->channel);
		query->channel = NULL;
	}
}
