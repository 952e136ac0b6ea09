// What a scenario does, as numbers: every scenario is this one recipe with other values, and every parameter sets one
// field. A field's neutral value leaves its effect out. Units as the operator writes them (percent, seconds).
#pragma once

namespace rackcast::sim {

struct Recipe {
  // Who is switched on when.
  double rate = 0;        // machines a second; 0: all of a rack within `spread`
  double spread = 1;      // seconds
  double rack_size = 40;  // machines
  double rack_gap = 0;    // seconds from one rack to the next

  // What becomes of a share (percent) of the machines. Of its kind each share is drawn anew.
  double late_share = 0;
  double late_by = 0;  // seconds after the others
  double restart_share = 0;
  double restart_after = 0;  // seconds from power-on, give or take half
  double restart_every = 0;  // seconds; 0: once
  double restart_hours = 0;  // no restart after this
  double slow_share = 0;
  double slow_pace = 0;       // kB/s of HTTP and FTP
  double slow_ack_delay = 0;  // milliseconds before each TFTP ACK
  double cut_share = 0;
  double cut_seconds = 0;  // from power-on

  // The network. Percent of the datagrams of each direction.
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;
  double reorder_delay = 1;  // milliseconds
  double delay = 50;         // microseconds
  double cable_rate = 0;     // Mbit/s; 0: no limit

  // Who disturbs.
  double garbage = 0;  // a second
  double spoofed = 0;  // a second
  double silent_readers = 0;
  double scans = 0;     // a second
  double bad_dhcp = 0;  // a second
  double hostile_sources = 64;

  double time_max = 0;  // seconds; 0: from the rest
};

}  // namespace rackcast::sim
