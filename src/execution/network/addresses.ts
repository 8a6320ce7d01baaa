import { BlockList, isIP } from "node:net";

/** IPv4 addresses that are not on the public internet (IANA's special-purpose registry). */
const special4 = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8], // this host
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT, and metadata services of some clouds
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, metadata services
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 3], // multicast, reserved, broadcast
] as const) {
  special4.addSubnet(network, bits, "ipv4");
}

/**
 * The public part of IPv6, and what in it leads elsewhere. Everything outside of it is refused: loopback, IPv4 in
 * disguise (::ffff:0:0/96, 64:ff9b::/96), unique local (fd00:ec2::254), link-local and multicast.
 */
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
const special6 = new BlockList();
for (const [network, bits] of [
  ["2001::", 23], // protocol assignments, Teredo
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: an IPv4 address in disguise
  ["3fff::", 20], // documentation
] as const) {
  special6.addSubnet(network, bits, "ipv6");
}

/** Tells whether an IP address belongs to a host of the public internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, "ipv4");
    case 6:
      return global6.check(address, "ipv6") && !special6.check(address, "ipv6");
    default:
      return false;
  }
}
