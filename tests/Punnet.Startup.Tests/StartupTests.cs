using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Punnet.Startup.Tests;

/// <summary>The tricks of src/Punnet.Startup are in the binary that was built, and what they rely on is so: its README.md.</summary>
public sealed partial class StartupTests
{
    private const double LeastPart = 0.95;

    private static readonly Lazy<HashSet<string>> linked = new(() => Names(Built.Run("nm", "--format=just-symbols", Built.Symbols)));

    // What C++ calls a parameter that C# has under another name.
    private static readonly Dictionary<string, string[]> Types = new(StringComparer.Ordinal)
    {
        ["char const*"] = ["Byte*"],
        ["char*"] = ["Byte*"],
        ["long*"] = ["Int64*"],
        ["unsigned long"] = ["UIntPtr"],
        ["unsigned long*"] = ["UIntPtr*", "UInt64*"],
        ["unsigned int"] = ["UInt32"],
        ["unsigned short"] = ["UInt16"],
        ["void*"] = ["Void*", "Byte*"],
        ["void**"] = ["Byte**"],
        ["bool*"] = ["Boolean*"],
        ["unsigned int (*)(void*)"] = ["Void*"],
    };

    public static TheoryData<string> Overrides { get; } = [.. Built.Overrides];

    [Fact]
    public void The_published_binary_is_the_fast_one()
    {
        const byte AtFixedAddress = 2; // ET_EXEC, elf(5)
        byte[] header = File.ReadAllBytes(Path.Combine(Built.Root, "out/punnet"))[..18];

        Assert.True(header[16] == AtFixedAddress, "`make publish` has made a plain build, and said why");
    }

    [Fact]
    public void Every_replaced_function_has_one_that_takes_its_place_and_no_other_is_there() =>
        Assert.Equal(Built.Overrides.Order(StringComparer.Ordinal), Replacements().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Overrides))]
    public void A_replaced_function_is_one_of_the_runtime(string name) => Assert.Contains(name, Defined().Keys);

    [Theory]
    [MemberData(nameof(Overrides))]
    public void What_takes_its_place_has_its_parameters(string name)
    {
        string[] parameters = [.. Replacements()[name].GetParameters().Select(parameter => parameter.ParameterType.Name)];
        if (!name.StartsWith("_Z", StringComparison.Ordinal))
        {
            Assert.Equal(name == "main" ? ["Int32", "Byte**"] : [], parameters); // C: the name does not say.
            return;
        }

        string signature = Built.Run("c++filt", name).Trim();
        string[] wanted = Parameters(signature[(signature.IndexOf('(', StringComparison.Ordinal) + 1)..^1]);
        Assert.True(
            wanted.Length == parameters.Length
                && wanted.Zip(parameters).All(pair => Types[pair.First].Contains(pair.Second, StringComparer.Ordinal)),
            signature + " is " + string.Join(", ", parameters));
    }

    [Theory]
    [MemberData(nameof(Overrides))]
    public void It_is_taken_in_the_linked_file(string name)
    {
        Assert.Contains("__wrap_" + name, linked.Value);
        bool isCalledBack = Imports().Contains("__real_" + name, StringComparer.Ordinal);

        // The linker drops what nobody calls: if the runtime still called its own, that would be there.
        Assert.Equal(isCalledBack, linked.Value.Contains(name));

        // A call within one object file is one that --wrap does not see.
        (string file, string member) = Defined()[name];
        Assert.DoesNotContain(Calls(file, member), call => call == name || call.StartsWith(".text." + name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_order_of_the_file_names_what_is_in_it()
    {
        string[] order = File.ReadAllLines(Path.Combine(Built.Root, "src/Punnet.Startup/startup.order"));
        IEnumerable<string[]> lines = Built.Map.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        HashSet<string> names = [.. lines.Where(words => words.Length == 5).Select(words => words[4])];
        names.UnionWith(linked.Value);

        string[] missing = [.. order.Where(name => !names.Contains(name))];
        Assert.True(
            missing.Length <= order.Length * (1 - LeastPart),
            $"tests/bench/startup-order has to run again: {missing.Length} of {order.Length} names are gone\n{string.Join('\n', missing)}");
    }

    [Fact]
    public void The_runtime_calls_of_the_C_library_what_somebody_has_looked_at()
    {
        IEnumerable<string> lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data/libc-functions.txt"));
        string[] known = [.. lines.Where(line => line.Length > 0 && line[0] != '#')];

        Assert.Equal(known, Undefined().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_C_libraries_agree_about_every_structure_and_number_that_the_runtime_passes()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Programs/layouts.c");
        string glibc = Path.Combine(Path.GetTempPath(), "punnet-layouts-" + Guid.NewGuid()), musl = glibc + "-musl";
        try
        {
            Built.Run("gcc", "-o", glibc, source);
            Built.Run("musl-gcc", "-static", "-o", musl, source);
            string layouts = Built.Run(glibc);

            Assert.Contains("sizeof(struct stat) ", layouts, StringComparison.Ordinal);
            Assert.Equal(layouts, Built.Run(musl));
        }
        finally
        {
            File.Delete(glibc);
            File.Delete(musl);
        }
    }

    [Theory]
    [InlineData("", "true")]
    [InlineData("-property:CheckedPacks=/dev/null", "")]
    public void Only_a_runtime_that_somebody_has_looked_at_is_built_upon(string property, string isChecked)
    {
        string[] words =
        [
            "msbuild", "src/Punnet/Punnet.csproj", "-target:ResolveFrameworkReferences;CheckRuntimePack", "-property:Configuration=Release",
            "-getProperty:IsPackChecked,CppLinker", property,
        ];
        string output = Built.Run("dotnet", [.. words.Where(word => word.Length > 0)]);

        Assert.Contains($"\"IsPackChecked\": \"{isChecked}\"", output, StringComparison.Ordinal);
        Assert.Equal(isChecked == "true", output.Contains("\"CppLinker\": \"musl-gcc\"", StringComparison.Ordinal));
        Assert.Equal(isChecked == "true", !output.Contains("warning PUNNET1: this is a plain build", StringComparison.Ordinal));
    }

    [Fact]
    public void For_another_machine_nothing_is_built()
    {
        (int status, string output) = Built.TryRun(
            "dotnet", "msbuild", "src/Punnet/Punnet.csproj", "-property:RuntimeIdentifier=linux-arm64");

        Assert.NotEqual(0, status);
        Assert.Contains(
            "punnet is for linux-x64 only: Punnet.Abi has no numbers of system calls for linux-arm64", output, StringComparison.Ordinal);
    }

    private static Dictionary<string, MethodInfo> Replacements() => Methods("RuntimeExportAttribute")
        .Where(pair => pair.Name.StartsWith("__wrap_", StringComparison.Ordinal))
        .ToDictionary(pair => pair.Name["__wrap_".Length..], pair => pair.Method, StringComparer.Ordinal);

    private static IEnumerable<string> Imports() => Methods("RuntimeImportAttribute").Select(pair => pair.Name);

    private static IEnumerable<(string Name, MethodInfo Method)> Methods(string attribute) =>
        from type in Assembly.Load("Punnet.Startup").GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
        from data in method.CustomAttributes
        where data.AttributeType.Name == attribute
        select ((string)data.ConstructorArguments[0].Value!, method);

    // Global functions that the linked parts of the runtime define, each with its part.
    private static Dictionary<string, (string File, string Member)> Defined()
    {
        Dictionary<string, (string, string)> defined = new(StringComparer.Ordinal);
        foreach ((string file, string member, string kind, string name) in Parts())
        {
            if (kind is not ("U" or "w" or "v"))
            {
                defined.TryAdd(name, (file, member));
            }
        }

        return defined;
    }

    private static IEnumerable<string> Undefined()
    {
        Dictionary<string, (string, string)> defined = Defined();
        const string Program = "src/Punnet/obj/Release/net10.0/linux-x64/native/punnet.o";
        HashSet<string> managed = Names(Built.Run("nm", "--format=just-symbols", "--defined-only", Program));

        return Parts().Where(part => part.Kind == "U" && !defined.ContainsKey(part.Name) && !managed.Contains(part.Name))
            .Select(part => part.Name)
            .Where(name => name != "__dso_handle" && !Unreal().IsMatch(name))
            .Distinct(StringComparer.Ordinal);
    }

    // nm of every linked part: libX.a[y.o]: NAME KIND …
    private static IEnumerable<(string File, string Member, string Kind, string Name)> Parts()
    {
        HashSet<(string, string)> parts = [.. Built.Parts];
        foreach (string file in Built.Parts.Select(part => part.File).Distinct(StringComparer.Ordinal))
        {
            foreach (Match match in Symbol().Matches(Built.Run("nm", "--print-file-name", "--format=posix", file)))
            {
                string member = match.Groups["member"].Value;
                if (parts.Contains((file, member)))
                {
                    yield return (file, member, match.Groups["kind"].Value, match.Groups["name"].Value);
                }
            }
        }
    }

    // What the code of one object file refers to.
    private static IEnumerable<string> Calls(string file, string member)
    {
        bool isInside = member.Length == 0, isCode = false;
        foreach (string line in Built.Run("objdump", "--reloc", file).Split('\n'))
        {
            if (line.Contains("file format", StringComparison.Ordinal))
            {
                isInside = member.Length == 0 || line.StartsWith(member + ":", StringComparison.Ordinal);
            }
            else if (line.StartsWith("RELOCATION RECORDS FOR [", StringComparison.Ordinal))
            {
                isCode = line.Contains("[.text", StringComparison.Ordinal);
            }
            else if (isInside && isCode && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, string target])
            {
                yield return target.Split('+', '-')[0];
            }
        }
    }

    private static string[] Parameters(string text) => text.Length == 0 ? [] : text.Split(", ");

    private static HashSet<string> Names(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    // Local labels of assembly that nothing refers to, and what the linker defines.
    [GeneratedRegex("^(_Rh|__start_|__stop_)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unreal();

    [GeneratedRegex(
        @"^[^\[\n]*?(\[(?<member>[^\]]+)\])?: (?<name>\S+) (?<kind>\w)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.CultureInvariant,
        10000)]
    private static partial Regex Symbol();
}
