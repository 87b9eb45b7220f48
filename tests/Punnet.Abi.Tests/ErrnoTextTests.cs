using System;
using System.Runtime.InteropServices;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>The error messages against those of the C library.</summary>
public sealed class ErrnoTextTests
{
    [Fact]
    public void Every_error_has_the_words_that_other_programs_use()
    {
        for (int number = 1; number <= 133; number++)
        {
            string expected = Marshal.GetPInvokeErrorMessage(number);
            string actual = ErrnoText.Of(number);
            bool isNumbered = !expected.StartsWith("Unknown", StringComparison.Ordinal);
            bool startsWithWord = isNumbered && char.IsLower(expected[1]);
            Assert.Equal(
                isNumbered ? expected : "unknown error",
                startsWithWord ? char.ToUpperInvariant(actual[0]) + actual[1..] : actual);
        }
    }
}
