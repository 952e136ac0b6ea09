#include "proto/net/address.h"

namespace rackcast::net {}  // namespace rackcast::net
