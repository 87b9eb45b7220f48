using System.Runtime.CompilerServices;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// What the rules so far give to one device, kept apart by the pattern that gave it. A pattern is a number of two bits: 1 if it names the
/// major, 2 if it names the minor; only one pattern of each kind can match a device.
/// </summary>
internal struct PatternAccess
{
    private const int Patterns = 4;
    private const int Requests = DeviceRequest.EveryAccess + 1;

    private FourMasks _given;
    private FourMasks _hole;

    /// <summary>A rule that allows: its pattern gives more, and what earlier rules cut out of the other patterns is whole again.</summary>
    /// <param name="pattern">The rule's pattern.</param>
    /// <param name="access">The accesses it names.</param>
    internal void Allow(int pattern, int access)
    {
        _given[pattern] |= access;
        for (int each = 0; each < Patterns; each++)
        {
            _hole[each] &= ~access;
        }
    }

    /// <summary>
    /// A rule that denies: patterns that it covers lose the access for good, as the kernel's own list did. Wider patterns keep it for
    /// other devices and get a hole here, which the kernel's list could not have (it ignored such rules, runc refuses them).
    /// </summary>
    /// <param name="pattern">The rule's pattern.</param>
    /// <param name="access">The accesses it names.</param>
    internal void Deny(int pattern, int access)
    {
        for (int each = 0; each < Patterns; each++)
        {
            if ((each & pattern) == pattern)
            {
                _given[each] &= ~access;
            }
            else
            {
                _hole[each] |= access;
            }
        }
    }

    /// <summary>The requests that pass: bit n is the request with the access bits n.</summary>
    internal readonly int Answer()
    {
        int answer = 0;
        for (int pattern = 0; pattern < Patterns; pattern++)
        {
            int mask = _given[pattern] & ~_hole[pattern];
            for (int request = 0; mask != 0 && request < Requests; request++)
            {
                // A request without bits is access(2) with F_OK: it passes wherever anything does.
                if ((request & mask) == request)
                {
                    answer |= 1 << request;
                }
            }
        }

        return answer;
    }

    [InlineArray(Patterns)]
    private struct FourMasks
    {
        private int _first;
    }
}
