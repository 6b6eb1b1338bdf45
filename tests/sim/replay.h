/* replay - results of real agents as input of what the simulator judges
 * Room: tests/sim. */
#ifndef TESTS_SIM_REPLAY_H
#define TESTS_SIM_REPLAY_H

/* The words behind `parallax-sim replay`, ended by NULL. Returns the exit status. */
int replay_command(char *const words[]);

#endif
