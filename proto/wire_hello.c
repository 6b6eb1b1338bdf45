#include "proto/wire_internal.h"

#include "common/core/buf.h"

/* Generated structs want uint8_t *; they never write through it. */
static ProtobufCBinaryData
to_binary(struct wire_bytes from)
{
	union {
		const unsigned char *in;
		uint8_t *out;
	} alias = {.in = from.data};

	return (ProtobufCBinaryData){.len = from.len, .data = alias.out};
}

static struct wire_bytes
from_binary(ProtobufCBinaryData from)
{
	/* An absent field and an empty one are the same to proto3, and to us. */
	return (struct wire_bytes){from.len == 0 ? NULL : from.data, from.len};
}

static bool
identity_fits(struct wire_bytes certificate, struct wire_bytes proof)
{
	return certificate.len <= WIRE_CERTIFICATE_BYTES &&
	       proof.len <= WIRE_PROOF_BYTES;
}

enum err
wire_hello_encode(const struct wire_hello *from, Parallax__V1__Hello *out)
{
	parallax__v1__hello__init(out);
	if (!identity_fits(from->certificate, from->proof)) {
		return ERR_LIMIT;
	}
	out->version = from->version;
	out->agent = wire_text(from->agent);
	out->region = wire_text(from->region);
	out->build = wire_text(from->build);
	out->incarnation = from->incarnation;
	out->next_seq = from->next_seq;
	out->spooled = from->spooled;
	out->wall_ns = from->wall.ns;
	out->has_identity = from->has_identity;
	out->certificate = to_binary(from->certificate);
	out->proof = to_binary(from->proof);
	return ERR_OK;
}

enum err
wire_hello_decode(const Parallax__V1__Hello *from, struct wire_hello *out)
{
	struct wire_bytes certificate = from_binary(from->certificate);
	struct wire_bytes proof = from_binary(from->proof);

	if (!identity_fits(certificate, proof)) {
		return ERR_LIMIT;
	}
	if (!wire_name_ok(from->agent, LIMIT_NAME_BYTES) ||
	    !wire_name_ok(from->region, LIMIT_NAME_BYTES) ||
	    strlen(from->build) >= LIMIT_NAME_BYTES || !wire_text_ok(from->build) ||
	    (certificate.len == 0) != (proof.len == 0)) {
		return ERR_FORMAT;
	}
	*out = (struct wire_hello){.version = from->version,
	    .agent = from->agent,
	    .region = from->region,
	    .build = from->build,
	    .incarnation = from->incarnation,
	    .next_seq = from->next_seq,
	    .spooled = from->spooled,
	    .wall = {from->wall_ns},
	    .has_identity = from->has_identity != 0,
	    .certificate = certificate,
	    .proof = proof};
	return ERR_OK;
}

static bool
nonce_fits(struct wire_bytes nonce)
{
	return nonce.len >= WIRE_NONCE_BYTES_MIN && nonce.len <= WIRE_NONCE_BYTES;
}

enum err
wire_challenge_encode(const struct wire_challenge *from, Parallax__V1__Challenge *out)
{
	parallax__v1__challenge__init(out);
	if (!nonce_fits(from->nonce)) {
		return ERR_LIMIT;
	}
	out->nonce = to_binary(from->nonce);
	return ERR_OK;
}

enum err
wire_challenge_decode(const Parallax__V1__Challenge *from, struct wire_challenge *out)
{
	out->nonce = from_binary(from->nonce);
	return nonce_fits(out->nonce) ? ERR_OK : ERR_FORMAT;
}

enum err
wire_renew_encode(const struct wire_renew *from, Parallax__V1__Renew *out)
{
	parallax__v1__renew__init(out);
	if (from->request.len == 0 || from->request.len > WIRE_REQUEST_BYTES) {
		return ERR_LIMIT;
	}
	out->session = from->session;
	out->request = to_binary(from->request);
	return ERR_OK;
}

enum err
wire_renew_decode(const Parallax__V1__Renew *from, struct wire_renew *out)
{
	out->session = from->session;
	out->request = from_binary(from->request);
	return out->request.len > 0 && out->request.len <= WIRE_REQUEST_BYTES
		   ? ERR_OK
		   : ERR_FORMAT;
}

enum err
wire_certificate_encode(struct wire_bytes from, Parallax__V1__Certificate *out)
{
	parallax__v1__certificate__init(out);
	if (from.len == 0 || from.len > WIRE_CERTIFICATE_BYTES) {
		return ERR_LIMIT;
	}
	out->chain = to_binary(from);
	return ERR_OK;
}

enum err
wire_certificate_decode(const Parallax__V1__Certificate *from, struct wire_bytes *out)
{
	*out = from_binary(from->chain);
	return out->len > 0 && out->len <= WIRE_CERTIFICATE_BYTES ? ERR_OK : ERR_FORMAT;
}

static void
put_part(unsigned char **at, const void *data, size_t len)
{
	*(*at)++ = (unsigned char)(len >> 8);
	*(*at)++ = (unsigned char)(len & 0xff);
	memcpy(*at, data, len);
	*at += len;
}

size_t
wire_transcript(
    const struct wire_claim *claim, unsigned char out[WIRE_TRANSCRIPT_BYTES])
{
	static const char purpose[] = "parallax.v1 agent identity"; /* with its NUL */
	size_t agent_len = strlen(claim->agent);
	unsigned char *at = out;

	_Static_assert(
	    sizeof(purpose) + 2 * 2 + WIRE_NONCE_BYTES + LIMIT_NAME_BYTES + 8 <=
		WIRE_TRANSCRIPT_BYTES,
	    "the longest claim has room");
	if (!nonce_fits(claim->nonce) || agent_len >= LIMIT_NAME_BYTES) {
		return 0;
	}
	memcpy(at, purpose, sizeof(purpose));
	at += sizeof(purpose);
	put_part(&at, claim->nonce.data, claim->nonce.len);
	put_part(&at, claim->agent, agent_len);
	buf_big_endian(claim->incarnation, at);
	at += 8;
	return (size_t)(at - out);
}
