/* enrol - `parallax-agent enrol TOKEN`: from a token to an agent that may greet
 * Room: agent/shell. Blocks on the network and the file system; prints as it goes.
 *
 * The key is made here and never leaves. The collector is asked for its authority's
 * certificate, which must be the one whose SHA-256 stands in the token; only then, over a
 * connection that this authority vouches for, is the token shown and a certificate asked
 * for. Files: ca.pem, agent.pem (0644) and agent.key (0600) in the folder, and an
 * agent.yaml when there is none. A token is good once: what can fail without the collector
 * is tried before it is shown. */
#ifndef AGENT_SHELL_ENROL_H
#define AGENT_SHELL_ENROL_H

/* The command line behind the word `enrol`; returns the exit status. */
int enrol_main(int argc, char **argv);

#endif
