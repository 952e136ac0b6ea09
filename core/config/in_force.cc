#include "core/config/in_force.h"

namespace rackcast {

Config in_force(const Config& running, const Config& loaded) {
  Config next = running;
  next.log = loaded.log;
  if (next.dhcp && loaded.dhcp) {
    next.dhcp->conflict_probe = loaded.dhcp->conflict_probe;
    next.dhcp->leases_per_port = loaded.dhcp->leases_per_port;
    next.dhcp->leases_per_relay = loaded.dhcp->leases_per_relay;
    // Rules and the catalog they were read with go together, and so do classes and networks with those that name them.
    next.dhcp->catalog = loaded.dhcp->catalog;
    next.dhcp->rules = loaded.dhcp->rules;
    next.dhcp->classes = loaded.dhcp->classes;
    next.dhcp->networks = loaded.dhcp->networks;
    next.dhcp->pxe = loaded.dhcp->pxe;
    next.dhcp->subnets = loaded.dhcp->subnets;
    next.dhcp->boot = loaded.dhcp->boot;
    next.dhcp->hosts = loaded.dhcp->hosts;
  }
  if (next.tftp && loaded.tftp) {
    next.tftp->admission = loaded.tftp->admission;
    next.tftp->max_windowsize = loaded.tftp->max_windowsize;
    next.tftp->max_blksize = loaded.tftp->max_blksize;
    next.tftp->refused_options = loaded.tftp->refused_options;
    next.tftp->rate_mbit = loaded.tftp->rate_mbit;
    next.tftp->rate_mbit_per_machine = loaded.tftp->rate_mbit_per_machine;
    next.tftp->retransmit_us = loaded.tftp->retransmit_us;
    next.tftp->upload.bytes_max = loaded.tftp->upload.bytes_max;
    next.tftp->upload.rate_mbit = loaded.tftp->upload.rate_mbit;
    next.tftp->unique_root = loaded.tftp->unique_root;
    next.tftp->clamp_to_mtu = loaded.tftp->clamp_to_mtu;
    next.tftp->networks = loaded.tftp->networks;
    next.tftp->classes = loaded.tftp->classes;
  }
  if (next.http && loaded.http) {
    next.http->root = loaded.http->root;
    next.http->admission = loaded.http->admission;
  }
  if (next.ftp && loaded.ftp) {
    next.ftp->root = loaded.ftp->root;
    next.ftp->passive_ports = loaded.ftp->passive_ports;
    next.ftp->admission = loaded.ftp->admission;
  }
  return next;
}

}  // namespace rackcast
