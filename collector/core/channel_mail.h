/* channel_mail - a message as mail
 * Room: collector/core (pure).
 *
 * RFC 5322 with MIME (RFC 2045 to 2047): multipart/alternative of text and HTML, both UTF-8
 * in base64, so that no line is too long and none begins with a dot. The Message-ID is made
 * of the message's key, so a repeat is the same mail; all mails on one incident name one
 * thread, that of an incident's first word, which no mail has as its own. */
#ifndef COLLECTOR_CORE_CHANNEL_MAIL_H
#define COLLECTOR_CORE_CHANNEL_MAIL_H

#include "collector/core/channel_work.h"

/* user@host, and nothing that could end a header or a command of SMTP. */
bool channel_mail_is_address(const char *text);

/* For the table in channel_kind.c: the whole mail as the body. */
bool channel_mail_write(const struct channel_setup *setup,
    const struct channel_attempt *attempt, struct channel_work *work);

/* The meaning of the last reply of SMTP (RFC 5321, section 4.2): 2xx has it, 4xx has it not
 * yet, 5xx never will. Without one, what `exchange` says. */
void channel_mail_judge(
    enum channel_exchange exchange, unsigned reply, struct message_answer *answer);

#endif
