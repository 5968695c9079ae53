/* The sequence arithmetic alone, for a prover: it has no C file of its own. */
#include "../../lib/seq.h"
