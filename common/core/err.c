#include "common/core/err.h"

const char *
err_name(enum err err)
{
	switch (err) {
	case ERR_OK:
		return "ok";
	case ERR_LIMIT:
		return "limit";
	case ERR_FORMAT:
		return "format";
	case ERR_VERSION:
		return "version";
	case ERR_NOTFOUND:
		return "not_found";
	case ERR_EXISTS:
		return "exists";
	case ERR_REFUSED:
		return "refused";
	case ERR_AGAIN:
		return "again";
	case ERR_FULL:
		return "no_space";
	case ERR_IO:
		return "io";
	case ERR_DENIED:
		return "denied";
	case ERR_INUSE:
		return "in_use";
	case ERR_NOMEM:
		return "no_memory";
	case ERR_INVALID:
		return "invalid";
	case ERR_COUNT:
		break;
	}
	return "unknown";
}
