using System;
using System.Runtime.InteropServices;

namespace Punnet.Kernel;

/// <summary>A POSIX extended regular expression, by regex(3) of the C library: the one of .NET would double the program.</summary>
public sealed unsafe class Pattern : IDisposable
{
    private const int Extended = 1, NoPositions = 8; // REG_EXTENDED, REG_NOSUB: the same in glibc and musl
    private const int Size = 256; // regex_t has 64 bytes in glibc, 56 in musl
    private const int LongestError = 256;

    private readonly void* _compiled;

    private Pattern(void* compiled)
    {
        _compiled = compiled;
    }

    /// <summary>Compiles an expression.</summary>
    /// <param name="text">With NUL.</param>
    /// <param name="pattern">The pattern, or null.</param>
    /// <returns>Null, or what is wrong with it in the C library's words.</returns>
    public static string? Compile(ReadOnlySpan<byte> text, out Pattern? pattern)
    {
        void* compiled = NativeMemory.AllocZeroed(Size);
        fixed (byte* expression = text)
        {
            int error = regcomp(compiled, expression, Extended | NoPositions);
            if (error == 0)
            {
                pattern = new Pattern(compiled);
                return null;
            }

            byte* words = stackalloc byte[LongestError];
            regerror(error, compiled, words, LongestError);
            NativeMemory.Free(compiled);
            pattern = null;
            return Marshal.PtrToStringUTF8((nint)words);
        }
    }

    /// <summary>Whether it matches a part of a text.</summary>
    /// <param name="text">With NUL.</param>
    public bool Matches(ReadOnlySpan<byte> text)
    {
        fixed (byte* subject = text)
        {
            return regexec(_compiled, subject, 0, null, 0) == 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        regfree(_compiled);
        NativeMemory.Free(_compiled);
    }

    [DllImport("libc.so.6")]
    private static extern int regcomp(void* compiled, byte* expression, int flags);

    [DllImport("libc.so.6")]
    private static extern int regexec(void* compiled, byte* text, nuint count, void* positions, int flags);

    [DllImport("libc.so.6")]
    private static extern nuint regerror(int error, void* compiled, byte* words, nuint size);

    [DllImport("libc.so.6")]
    private static extern void regfree(void* compiled);
}
